"""Addresses of notifications."""

from django.urls import path

from voronka.web.notifications import company, devices, own, views

app_name = "notifications"
urlpatterns = [
    path("", views.index, name="index"),
    path("bell/", views.bell, name="bell"),
    path("latest/", views.latest, name="latest"),
    path("read/", views.read_all, name="read_all"),
    path("settings/", own.index, name="settings"),
    path("settings/company/", company.index, name="company"),
    path("devices/open/", devices.open_one, name="open_device"),
    path("devices/<int:device_id>/close/", devices.close_one, name="close_device"),
    path("devices/<int:device_id>/try/", devices.try_one, name="try_device"),
    path("worker.js", devices.worker, name="worker"),
    path("<int:notification_id>/go/", views.go, name="go"),
    path("<int:notification_id>/open/", views.follow, name="follow"),
    path("<int:notification_id>/read/", views.read, name="read"),
]
