"""Addresses that sites know; they never change. `stream` is answered by voronka/asgi.py."""

from django.urls import path

from voronka.web.chat import views, windows

app_name = "chat"
urlpatterns = [
    path("<slug:key>/", windows.page, name="page"),
    path("<slug:key>/frame", windows.frame, name="frame"),
    path("<slug:key>/embed.js", windows.embed, name="embed"),
    path("<slug:key>/talk", views.talk, name="talk"),
    path("<slug:key>/messages", views.write, name="write"),
    path("<slug:key>/seen", views.seen, name="seen"),
    path("<slug:key>/files/<str:file>", views.file, name="file"),
]
