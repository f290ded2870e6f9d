"""Addresses of the board."""

from django.urls import path

from voronka.web.board import acting, sending, views

app_name = "board"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:pipeline_id>/", views.pipeline, name="pipeline"),
    path("<int:pipeline_id>/column/<int:stage_id>", views.column, name="column"),
    path("<int:pipeline_id>/changes", views.changes, name="changes"),
    path("<int:pipeline_id>/add", acting.add, name="add"),
    path("<int:pipeline_id>/move/<int:item_id>", acting.move, name="move"),
    path("<int:pipeline_id>/send/<int:item_id>", sending.send, name="send"),
]
