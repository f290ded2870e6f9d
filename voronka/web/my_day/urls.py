"""Addresses of My day."""

from django.urls import path

from voronka.web.my_day import doing, views

app_name = "my_day"
urlpatterns = [
    path("", views.index, name="index"),
    path("work/", views.work, name="work"),
    path("plan/", doing.plan, name="plan"),
    path("work/<int:activity_id>/finish/", doing.finish, name="finish"),
    path("work/<int:activity_id>/reopen/", doing.reopen, name="reopen"),
    path("work/<int:activity_id>/move/", doing.move, name="move"),
]
