"""Addresses of the company page."""

from django.urls import path

from voronka.web.company import views

app_name = "company"
urlpatterns = [
    path("", views.index, name="index"),
    path("state/", views.state_of_things, name="state"),
]
