"""The health check."""

from django.urls import path

from voronka.web.health import views

app_name = "health"
urlpatterns = [path("health", views.health, name="health")]
