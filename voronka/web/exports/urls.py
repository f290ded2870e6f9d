"""Addresses of the export."""

from django.urls import path

from voronka.web.exports import views

app_name = "exports"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:run_id>/file", views.file, name="file"),
]
