"""Addresses of notifications."""

from django.urls import path

from voronka.web.notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.index, name="index"),
    path("bell/", views.bell, name="bell"),
    path("latest/", views.latest, name="latest"),
    path("read/", views.read_all, name="read_all"),
    path("<int:notification_id>/open/", views.follow, name="follow"),
    path("<int:notification_id>/read/", views.read, name="read"),
]
