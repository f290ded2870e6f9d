"""Addresses of the form builder."""

from django.urls import path

from voronka.web.form_builder import site, views

app_name = "forms"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.create, name="create"),
    path("row/", views.row, name="row"),
    path("preview/", views.preview, name="preview"),
    path("<int:pk>/", views.edit, name="edit"),
    path("<int:pk>/archive/", views.archive, name="archive"),
    path("<int:pk>/restore/", views.restore, name="restore"),
    path("<int:pk>/site/", site.site, name="site"),
    path("<int:pk>/test/", site.test, name="test"),
]
