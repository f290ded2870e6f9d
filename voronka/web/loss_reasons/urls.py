"""Addresses of loss reasons."""

from django.urls import path

from voronka.web.loss_reasons import views

app_name = "loss_reasons"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.edit, name="new"),
    path("place/", views.place, name="place"),
    path("copy/", views.copy, name="copy"),
    path("<int:reason_id>/", views.edit, name="edit"),
    path("<int:reason_id>/archive/", views.archive, name="archive"),
    path("<int:reason_id>/restore/", views.restore, name="restore"),
    path("<int:reason_id>/delete/", views.remove, name="remove"),
]
