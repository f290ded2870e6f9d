"""Addresses of the set-up of fields."""

from django.urls import path

from voronka.web.field_setup import counting, editing, grading, views

app_name = "field_setup"
urlpatterns = [
    path("", views.index, name="index"),
    path("order/", views.order, name="order"),
    path("new/", editing.edit, name="new"),
    path("sample/", editing.sample, name="sample"),
    path("formula/", counting.preview, name="formula"),
    path("grade/", grading.grade, name="grade"),
    path("bant/", views.bant, name="bant"),
    path("sections/new/", views.section, name="section_new"),
    path("sections/order/", views.order_sections, name="order_sections"),
    path("sections/<int:section_id>/", views.section, name="section"),
    path("sections/<int:section_id>/delete/", views.remove_section, name="section_remove"),
    path("<int:field_id>/", editing.edit, name="field"),
    path("<int:field_id>/archive/", views.archive, name="archive"),
    path("<int:field_id>/restore/", views.restore, name="restore"),
    path("<int:field_id>/delete/", views.remove, name="remove"),
]
