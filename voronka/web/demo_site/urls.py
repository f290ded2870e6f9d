"""Address of the sample site."""

from django.urls import path

from voronka.web.demo_site import views

app_name = "demo_site"
urlpatterns = [path("", views.page, name="page")]
