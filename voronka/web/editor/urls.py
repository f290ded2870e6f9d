"""Addresses of the funnel editor."""

from django.urls import path

from voronka.web.editor import overview, pages, passport, preview, publishing, settings, types

app_name = "editor"
urlpatterns = [
    path("", overview.index, name="index"),
    path("new/", overview.new, name="new"),
    path("order/", overview.order, name="order"),
    path("hint/", pages.hint, name="hint"),
    path("types/new/", types.edit, name="type_new"),
    path("types/<int:type_id>/", types.edit, name="type"),
    path("types/<int:type_id>/move/", types.move, name="type_move"),
    path("types/<int:type_id>/delete/", types.remove, name="type_remove"),
    path("<int:pipeline_id>/", pages.pipeline, name="pipeline"),
    path("<int:pipeline_id>/archive/", overview.archive, name="archive"),
    path("<int:pipeline_id>/restore/", overview.restore, name="restore"),
    path("<int:pipeline_id>/settings/", settings.settings, name="settings"),
    path("<int:pipeline_id>/access/", settings.grant, name="access"),
    path("<int:pipeline_id>/large/", settings.large, name="large"),
    path("<int:pipeline_id>/preview/", preview.preview, name="preview"),
    path("<int:pipeline_id>/undo/", pages.undo, name="undo"),
    path("<int:pipeline_id>/publish/", publishing.publish, name="publish"),
    path("<int:pipeline_id>/discard/", publishing.discard, name="discard"),
    path("<int:pipeline_id>/versions/", publishing.history, name="versions"),
    path("<int:pipeline_id>/versions/<int:number>/", publishing.redraw, name="redraw"),
    path("<int:pipeline_id>/add-stage/", pages.add, name="add"),
    path("<int:pipeline_id>/stages/<slug:code>/", passport.passport, name="passport"),
    path("<int:pipeline_id>/stages/<slug:code>/change/", pages.change, name="change"),
    path("<int:pipeline_id>/stages/<slug:code>/move/", pages.move, name="move"),
    path("<int:pipeline_id>/stages/<slug:code>/drop/", pages.drop, name="drop"),
    path("<int:pipeline_id>/stages/<slug:code>/return/", pages.bring_back, name="return"),
]
