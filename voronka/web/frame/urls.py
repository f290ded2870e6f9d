"""The start page; in debug mode also the gallery of components."""

from django.conf import settings
from django.urls import path

from voronka.web.frame import gallery, views

urlpatterns = [
    path("", views.home, name="home"),
    path("counters", views.counters, name="counters"),
]
if settings.DEBUG or settings.TESTING:
    urlpatterns += [
        path("dev/gallery", gallery.page, name="gallery"),
        path("dev/gallery/<str:part>", gallery.part, name="gallery_part"),
    ]
