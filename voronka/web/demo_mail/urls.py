"""Addresses of the sample mailbox."""

from django.urls import path

from voronka.web.demo_mail import views, writing

app_name = "demo_mail"
urlpatterns = [
    path("", views.index, {"folder": "inbox"}, name="index"),
    path("sent/", views.index, {"folder": "sent"}, name="sent"),
    path("write/", writing.write, name="write"),
    path("<slug:folder>/<int:uid>/", writing.show, name="letter"),
    path("<slug:folder>/<int:uid>/paper/", views.paper, name="paper"),
    path("<slug:folder>/<int:uid>/file/<int:number>/", views.file, name="file"),
    path("<slug:folder>/<int:uid>/by-itself/<slug:kind>/", writing.by_itself, name="by_itself"),
]
