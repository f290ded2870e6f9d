"""Addresses of the checks of losses."""

from django.urls import path

from voronka.web.verdicts import deciding, reviews, views

app_name = "verdicts"
urlpatterns = [
    path("", views.index, name="index"),
    path("given/", views.given, name="given"),
    path("people/", reviews.people, name="people"),
    path("norms/", reviews.norms, name="norms"),
    path("<int:verdict_id>/confirm/", deciding.confirm, name="confirm"),
    path("<int:verdict_id>/return/", deciding.bring_back, name="return"),
    path("<int:verdict_id>/reason/", deciding.reason, name="reason"),
]
