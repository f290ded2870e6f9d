"""Addresses of the card; `show` is also what the slider opens."""

from django.urls import path

from voronka.web.card import (
    closing,
    converting,
    creating,
    editing,
    files,
    linking,
    products,
    views,
    work,
)

app_name = "card"
urlpatterns = [
    path("new", creating.new, name="new"),
    path("people", work.people, name="people"),
    path("<int:item_id>/", views.show, name="show"),
    path("<int:item_id>/head", views.head, name="head"),
    path("<int:item_id>/fields", views.fields, name="fields"),
    path("<int:item_id>/feed", views.history, name="feed"),
    path("<int:item_id>/side", views.side, name="side"),
    path("<int:item_id>/field/<slug:code>", editing.field, name="field"),
    path("<int:item_id>/owners", editing.owners, name="owners"),
    path("<int:item_id>/owner", editing.owner, name="owner"),
    path("<int:item_id>/watch", editing.watch, name="watch"),
    path("<int:item_id>/criterion/<slug:code>", editing.criterion, name="criterion"),
    path("<int:item_id>/move", closing.move, name="move"),
    path("<int:item_id>/correct", closing.correct, name="correct"),
    path("<int:item_id>/undo", closing.undo, name="undo_move"),
    path("<int:item_id>/delete", closing.delete, name="delete"),
    path("<int:item_id>/restore", closing.restore, name="restore"),
    path("<int:item_id>/convert", converting.convert, name="convert"),
    path("<int:item_id>/undo-conversion", converting.undo, name="undo_conversion"),
    path("<int:item_id>/link", linking.link, name="link"),
    path("<int:item_id>/unlink/<int:link_id>", linking.unlink, name="unlink"),
    path("<int:item_id>/products", products.edit, name="products"),
    path("<int:item_id>/files", files.upload, name="upload"),
    path("files/<int:file_id>", files.download, name="file"),
    path("files/<int:file_id>/remove", files.remove, name="remove_file"),
    path("<int:item_id>/note", work.note, name="note"),
    path("notes/<int:note_id>", work.change_note, name="change_note"),
    path("notes/<int:note_id>/delete", work.delete_note, name="delete_note"),
    path("notes/<int:note_id>/pin", work.pin_note, name="pin_note"),
    path("<int:item_id>/plan", work.plan, name="plan"),
    path("work/<int:activity_id>", work.change, name="change_activity"),
    path("work/<int:activity_id>/finish", work.finish, name="finish_activity"),
    path("work/<int:activity_id>/reopen", work.reopen, name="reopen_activity"),
]
