"""Addresses of the recycle bin."""

from django.urls import path

from voronka.web.recycle import views

app_name = "recycle"
urlpatterns = [
    path("", views.index, name="index"),
    path("restore", views.restore, name="restore"),
    path("asked/<int:asked_id>/", views.asked, name="asked"),
    path("asked/<int:asked_id>/agree", views.agree, name="agree"),
    path("asked/<int:asked_id>/refuse", views.refuse, name="refuse"),
]
