"""Addresses of the mapping of incoming webhooks."""

from django.urls import path

from voronka.web.hooks import views

app_name = "hooks"
urlpatterns = [
    path("<int:channel_id>/", views.mapping, name="mapping"),
    path("<int:channel_id>/sample/", views.sample, name="sample"),
    path("<int:channel_id>/preview/", views.preview, name="preview"),
    path("<int:channel_id>/address/", views.readdress, name="readdress"),
]
