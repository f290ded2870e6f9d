"""Addresses of the sources."""

from django.urls import path

from voronka.web.sources import views

app_name = "sources"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.edit, name="new"),
    path("order/", views.order, name="order"),
    path("edit/<slug:code>/", views.edit, name="edit"),
    path("archive/<slug:code>/", views.archive, name="archive"),
    path("restore/<slug:code>/", views.restore, name="restore"),
]
