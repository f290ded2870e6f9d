"""The only wiring of addresses: each page folder brings its own list."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("voronka.web.health.urls")),
]
