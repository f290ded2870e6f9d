"""Addresses of the filter's dialog and of saved views."""

from django.urls import path

from voronka.web.filters import saving, views

app_name = "filters"
urlpatterns = [
    path("", views.dialog, name="dialog"),
    path("views/new", saving.save, name="save_view"),
    path("views/<int:view_id>", saving.edit, name="edit_view"),
    path("views/<int:view_id>/keep", saving.keep, name="keep_view"),
    path("views/<int:view_id>/delete", saving.delete, name="delete_view"),
    path("views/<int:view_id>/move", saving.move, name="move_view"),
]
