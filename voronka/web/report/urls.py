"""Addresses of the reports."""

from django.urls import path

from voronka.web.report import costs, enquiries, views

app_name = "report"
urlpatterns = [
    path("", views.index, name="index"),
    path("sources/", enquiries.by_source, name="sources"),
    path("answers/", enquiries.answers, name="answers"),
    path("costs/", costs.index, name="costs"),
    path("costs/<int:cost_id>/delete/", costs.delete, name="delete_cost"),
]
