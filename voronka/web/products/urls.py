"""Addresses of the price list."""

from django.urls import path

from voronka.web.products import views

app_name = "products"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.edit, name="new"),
    path("<int:product_id>/", views.row, name="row"),
    path("<int:product_id>/edit/", views.edit, name="edit"),
    path("<int:product_id>/archive/", views.archive, name="archive"),
    path("<int:product_id>/restore/", views.restore, name="restore"),
]
