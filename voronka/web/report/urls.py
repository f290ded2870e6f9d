"""Addresses of the report."""

from django.urls import path

from voronka.web.report import views

app_name = "report"
urlpatterns = [path("", views.index, name="index")]
