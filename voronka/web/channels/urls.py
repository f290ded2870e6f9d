"""Addresses of the channels and of the rules for repeat enquiries."""

from django.urls import path

from voronka.web.channels import acting, repeats, views

app_name = "channels"
urlpatterns = [
    path("", views.index, name="index"),
    path("kinds/", views.kinds, name="kinds"),
    path("new/<slug:provider>/", views.new, name="new"),
    path("repeats/", repeats.index, name="repeats"),
    path("repeats/<int:pipeline_id>/", repeats.edit, name="repeat"),
    path("<int:channel_id>/", views.show, name="show"),
    path("<int:channel_id>/save/", views.save, name="save"),
    path("<int:channel_id>/switch/<slug:to>/", acting.switch, name="switch"),
    path("<int:channel_id>/archive/", acting.archive, name="archive"),
    path("<int:channel_id>/restore/", acting.restore, name="restore"),
    path("<int:channel_id>/try/", acting.try_it, name="try"),
]
