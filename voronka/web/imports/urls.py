"""Addresses of the imports."""

from django.urls import path

from voronka.web.imports import views

app_name = "imports"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("<int:run_id>/", views.show, name="show"),
    path("<int:run_id>/mapping/", views.mapping, name="mapping"),
    path("<int:run_id>/mapping.yaml", views.mapping_file, name="mapping_file"),
    path("<int:run_id>/progress/", views.progress, name="progress"),
    path("<int:run_id>/start/", views.start, name="start"),
    path("<int:run_id>/repair/", views.repair, name="repair"),
    path("<int:run_id>/again/", views.again, name="again"),
    path("<int:run_id>/undo/", views.undo, name="undo"),
    path("<int:run_id>/discard/", views.discard, name="discard"),
    path("<int:run_id>/verdicts.csv", views.verdicts, name="verdicts"),
    path("rows/<int:row_id>/", views.row, name="row"),
]
