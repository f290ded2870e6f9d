"""The audit pages."""

from django.urls import path

from voronka.web.audit import readings, views

app_name = "audit"
urlpatterns = [
    path("", views.index, name="index"),
    path("export/", views.export, name="export"),
    path("readings/", readings.readings, name="readings"),
    path("readings/by/<int:user_id>/", readings.reader, name="reader"),
    path("check/", views.check, name="check"),
]
