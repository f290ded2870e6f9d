"""Addresses of the map of funnels."""

from django.urls import path

from voronka.web.funnel_map import views

app_name = "funnel_map"
urlpatterns = [path("", views.index, name="index")]
