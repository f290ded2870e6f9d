"""Addresses of the message templates."""

from django.urls import path

from voronka.web.message_templates import views

app_name = "templates"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.edit, name="new"),
    path("preview/", views.preview, name="preview"),
    path("places/", views.places, name="places"),
    path("pick/<int:item_id>/", views.pick, name="pick"),
    path("pick/", views.pick, name="pick"),
    path("<int:template_id>/", views.edit, name="edit"),
    path("<int:template_id>/archive/", views.archive, name="archive"),
    path("<int:template_id>/restore/", views.restore, name="restore"),
]
