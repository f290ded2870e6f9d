"""Addresses of the exclusions."""

from django.urls import path

from voronka.web.exclusions import views

app_name = "exclusions"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("lift/<slug:ids>/", views.lift, name="lift"),
    path("restore/<slug:ids>/", views.restore, name="restore"),
]
