"""Addresses of the inbox and of the panel that cards and clients show."""

from django.urls import path

from voronka.web.inbox import acting, calling, letters, sending, views

app_name = "inbox"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:conversation_id>/", views.show, name="show"),
    path("<int:conversation_id>/panel", views.panel, name="panel"),
    path("<int:conversation_id>/head", views.head, name="head"),
    path("<int:conversation_id>/facts", views.facts, name="facts"),
    path("<int:conversation_id>/thread", views.thread, name="thread"),
    path("<int:conversation_id>/read", views.read, name="read"),
    path("<int:conversation_id>/send", sending.send, name="send"),
    path("<int:conversation_id>/take", acting.take, name="take"),
    path("<int:conversation_id>/assign", acting.assign, name="assign"),
    path("<int:conversation_id>/close", acting.close, name="close"),
    path("<int:conversation_id>/reopen", acting.reopen, name="reopen"),
    path("<int:conversation_id>/merge", acting.merge, name="merge"),
    path("item/<int:item_id>", views.of_item, name="of_item"),
    path("client/<int:client_id>", views.of_client, name="of_client"),
    path("begin/<slug:kind>/<int:subject_id>", sending.begin, name="begin"),
    path("call/<slug:kind>/<int:subject_id>", calling.call, name="call"),
    path("messages/<int:message_id>/", views.message, name="message"),
    path("messages/<int:message_id>/retry", sending.retry, name="retry"),
    path("messages/<int:message_id>/cancel", sending.cancel, name="cancel"),
    path("messages/<int:message_id>/split", acting.split, name="split"),
    path("messages/<int:message_id>/letter", letters.letter, name="letter"),
    path("messages/<int:message_id>/picture/<int:file_id>", letters.picture, name="picture"),
    path("undo/<int:rethreading_id>", acting.undo, name="undo"),
]
