"""The page of one's own keys."""

from django.urls import path

from voronka.web.tokens import views

app_name = "tokens"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:token_id>/revoke/", views.revoke, name="revoke"),
]
