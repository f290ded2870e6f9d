"""Addresses of the robots editor."""

from django.urls import path

from voronka.web.robots import editing, pages, queue, trying

app_name = "robots"
urlpatterns = [
    path("", pages.index, name="index"),
    path("queue/", queue.index, name="queue"),
    path("queue/stop/", queue.stop, name="stop"),
    path("queue/start/", queue.start, name="start"),
    path("queue/errands/<int:errand_id>/", queue.retry, name="retry"),
    path("draw/", editing.draw, name="draw"),
    path("sentence/", editing.sentence, name="sentence"),
    path("rehearse/", trying.rehearsal, name="rehearse"),
    path("on-card/", trying.on_card, name="on_card"),
    path("<int:pipeline_id>/", pages.pipeline, name="pipeline"),
    path("<int:pipeline_id>/new/", editing.new, name="new"),
    path("<int:pipeline_id>/arrange/", pages.arrange, name="arrange"),
    path("robot/<int:robot_id>/", editing.edit, name="edit"),
    path("robot/<int:robot_id>/switch/", pages.switch, name="switch"),
    path("robot/<int:robot_id>/copy/", pages.copy, name="copy"),
    path("robot/<int:robot_id>/remove/", pages.remove, name="remove"),
    path("robot/<int:robot_id>/restore/", pages.restore, name="restore"),
    path("robot/<int:robot_id>/runs/", trying.runs, name="runs"),
    path("robot/<int:robot_id>/apply/", trying.apply, name="apply"),
]
