"""Addresses of the search."""

from django.urls import path

from voronka.web.search import views

app_name = "search"
urlpatterns = [
    path("", views.index, name="index"),
    path("palette", views.palette, name="palette"),
]
