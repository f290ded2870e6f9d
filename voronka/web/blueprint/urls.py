"""Addresses of the blueprint."""

from django.urls import path

from voronka.web.blueprint import views

app_name = "blueprint"
urlpatterns = [
    path("", views.index, name="index"),
    path("text/", views.show, name="show"),
    path("download/", views.download, name="download"),
    path("schema/", views.schema, name="schema"),
    path("plan/", views.plan, name="plan"),
    path("apply/", views.apply, name="apply"),
]
