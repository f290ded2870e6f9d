"""Addresses of the routing table, its groups and its trial."""

from django.urls import path

from voronka.web.routing import groups, trying, views

app_name = "routing"
urlpatterns = [
    path("", views.index, name="index"),
    path("order/", views.order, name="order"),
    path("rules/new/", views.rule, name="new_rule"),
    path("rules/draw/", views.draw, name="draw"),
    path("rules/<int:rule_id>/", views.rule, name="rule"),
    path("rules/<int:rule_id>/delete/", views.delete, name="delete_rule"),
    path("trial/", trying.trial, name="trial"),
    path("groups/", groups.index, name="groups"),
    path("groups/new/", groups.edit, name="new_group"),
    path("groups/<int:group_id>/", groups.edit, name="group"),
    path("groups/<int:group_id>/archive/", groups.archive, name="archive_group"),
    path("unplaced/", groups.waiting, name="unplaced"),
]
