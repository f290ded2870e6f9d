"""Addresses of the first steps; `kernel.first_run.ADDRESS` is the first of them."""

from django.urls import path

from voronka.web.welcome import views

app_name = "welcome"
urlpatterns = [
    path("", views.owner, name="owner"),
    path("company/", views.company, name="company"),
    path("people/", views.people, name="people"),
]
