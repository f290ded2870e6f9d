"""Answers for inputs that search while one types."""

from django.urls import path

from voronka.web.fields import views

app_name = "fields"
urlpatterns = [
    path("clients", views.clients, name="clients"),
    path("items", views.items, name="items"),
    path("products", views.products, name="products"),
]
