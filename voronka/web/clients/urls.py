"""Addresses of clients; `show` is also what the slider opens."""

from django.urls import path

from voronka.web.clients import (
    contacts,
    creating,
    editing,
    linking,
    listing,
    merging,
    views,
    work,
)

app_name = "clients"
urlpatterns = [
    path("", listing.index, name="index"),
    path("new", creating.new, name="new"),
    path("new/doubles", creating.doubles, name="suggest"),
    path("duplicates/", merging.duplicates, name="duplicates"),
    path("merges/", merging.log, name="merges"),
    path("merges/<int:merge_id>/undo", merging.undo, name="undo_merge"),
    path("<int:client_id>/", views.show, name="show"),
    path("<int:client_id>/head", views.head, name="head"),
    path("<int:client_id>/left", views.left, name="left"),
    path("<int:client_id>/side", views.side, name="side"),
    path("<int:client_id>/cards", views.cards, name="cards"),
    path("<int:client_id>/feed", views.history, name="feed"),
    path("<int:client_id>/field/<slug:code>", editing.field, name="field"),
    path("<int:client_id>/owners", editing.owners, name="owners"),
    path("<int:client_id>/owner", editing.owner, name="owner"),
    path("<int:client_id>/delete", editing.delete, name="delete"),
    path("<int:client_id>/restore", editing.restore, name="restore"),
    path("<int:client_id>/contacts", contacts.add, name="add_contact"),
    path("<int:client_id>/contacts/<int:point_id>", contacts.change, name="change_contact"),
    path("<int:client_id>/contacts/<int:point_id>/first", contacts.put_first, name="put_first"),
    path("<int:client_id>/contacts/<int:point_id>/remove", contacts.remove, name="remove_contact"),
    path("<int:client_id>/link", linking.link, name="link"),
    path("<int:client_id>/unlink/<int:other_id>", linking.unlink, name="unlink"),
    path("<int:client_id>/merge", merging.choose, name="choose_double"),
    path("<int:client_id>/merge/<int:other_id>", merging.merge, name="merge"),
    path("<int:client_id>/apart/<int:other_id>", merging.apart, name="apart"),
    path("<int:client_id>/note", work.note, name="note"),
    path("<int:client_id>/notes/<int:note_id>", work.change_note, name="change_note"),
    path("<int:client_id>/notes/<int:note_id>/delete", work.delete_note, name="delete_note"),
    path("<int:client_id>/notes/<int:note_id>/pin", work.pin_note, name="pin_note"),
    path("<int:client_id>/plan", work.plan, name="plan"),
    path("<int:client_id>/work/<int:activity_id>", work.change, name="change_activity"),
    path("<int:client_id>/work/<int:activity_id>/finish", work.finish, name="finish_activity"),
    path("<int:client_id>/work/<int:activity_id>/reopen", work.reopen, name="reopen_activity"),
    path("<int:client_id>/files", work.upload, name="upload"),
    path("<int:client_id>/files/<int:file_id>/remove", work.remove_attachment, name="remove_file"),
]
