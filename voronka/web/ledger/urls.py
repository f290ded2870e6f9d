"""Addresses of the ledger."""

from django.urls import path

from voronka.web.ledger import views

app_name = "ledger"
urlpatterns = [
    path("", views.index, name="index"),
    path("again/", views.replay_all, name="replay_all"),
    path("<int:enquiry_id>/", views.show, name="show"),
    path("<int:enquiry_id>/again/", views.replay, name="replay"),
    path("<int:enquiry_id>/let-in/", views.let_in, name="let_in"),
]
