"""Addresses that sites and messengers know; they never change."""

from django.urls import path

from voronka.web.intake import views

app_name = "intake"
urlpatterns = [
    path("f/<slug:key>", views.form, name="form"),
    path("f/<slug:key>/frame", views.frame, name="frame"),
    path("f/<slug:key>/embed.js", views.embed, name="embed"),
    path("hooks/<slug:key>", views.hook, name="hook"),
]
