"""The audit pages."""

from django.urls import path

from voronka.web.audit import views

app_name = "audit"
urlpatterns = [
    path("", views.index, name="index"),
    path("export/", views.export, name="export"),
    path("check/", views.check, name="check"),
]
