"""Addresses of the list."""

from django.urls import path

from voronka.web.list import bulk, bulk_report, cells, exporting, views

app_name = "list"
urlpatterns = [
    path("<int:pipeline_id>/", views.of_pipeline, name="pipeline"),
    path("type/<slug:code>/", views.of_type, name="type"),
    path("<int:pipeline_id>/columns", views.pipeline_columns, name="pipeline_columns"),
    path("type/<slug:code>/columns", views.type_columns, name="type_columns"),
    path("<int:pipeline_id>/groups", views.pipeline_groups, name="pipeline_groups"),
    path("type/<slug:code>/groups", views.type_groups, name="type_groups"),
    path("<int:pipeline_id>/export", exporting.of_pipeline, name="pipeline_export"),
    path("type/<slug:code>/export", exporting.of_type, name="type_export"),
    path("<int:pipeline_id>/bulk/<slug:kind>", bulk.of_pipeline, name="pipeline_bulk"),
    path("type/<slug:code>/bulk/<slug:kind>", bulk.of_type, name="type_bulk"),
    path("bulk/<int:run_id>/", bulk_report.report, name="bulk_report"),
    path("bulk/<int:run_id>/progress", bulk_report.progress, name="bulk_progress"),
    path("bulk/<int:run_id>/again", bulk_report.again, name="bulk_again"),
    path("bulk/<int:run_id>/csv", bulk_report.as_csv, name="bulk_csv"),
    path("bulk/<int:run_id>/undo", bulk_report.undo, name="bulk_undo"),
    path("cell/<int:item_id>/<slug:code>", cells.cell, name="cell"),
    path("move/<int:item_id>", cells.move, name="move"),
]
