"""Addresses of the webhooks."""

from django.urls import path

from voronka.web.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.edit, name="new"),
    path("<int:webhook_id>/", views.show, name="show"),
    path("<int:webhook_id>/edit/", views.edit, name="edit"),
    path("<int:webhook_id>/log/", views.log, name="log"),
    path("<int:webhook_id>/secret/", views.secret, name="secret"),
    path("<int:webhook_id>/renew/", views.renew, name="renew"),
    path("<int:webhook_id>/try/", views.try_it, name="try"),
    path("<int:webhook_id>/remove/", views.remove, name="remove"),
    path("<int:webhook_id>/switch/<slug:to>/", views.switch, name="switch"),
    path("delivery/<int:errand_id>/", views.delivery, name="delivery"),
    path("delivery/<int:errand_id>/replay/", views.replay, name="replay"),
]
