"""Addresses that stand in letters; they never change."""

from django.urls import path

from voronka.web.tracking import views

app_name = "tracking"
urlpatterns = [
    path("<str:token>.gif", views.picture, name="picture"),
    path("<str:token>", views.follow, name="follow"),
]
