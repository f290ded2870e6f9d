"""The page of the export: who gets it, what it shows, what it hands out."""

import pytest
from django.urls import reverse

from tests.people.factories import make_user
from voronka.exports.commands import make_export
from voronka.exports.models import ExportRun
from voronka.journal.models import Event

PAGE = "/setup/export/"


@pytest.mark.django_db(transaction=True)
def test_the_owner_asks_waits_and_downloads(client, files):
    owner = make_user("owner")
    client.force_login(owner)
    assert PAGE in client.get(reverse("company:index")).content.decode()
    assert client.post(PAGE, {"with_files": "on"}).status_code == 302
    run = ExportRun.objects.get()
    waiting = client.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 2s"' in waiting
    assert client.post(PAGE, {}).status_code == 409
    address = reverse("exports:file", args=[run.pk])
    assert client.get(address).status_code == 404
    make_export(run.pk)
    page = client.get(PAGE).content.decode()
    assert address in page
    assert 'hx-trigger="every 2s"' not in page
    answer = client.get(address)
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert Event.objects.filter(verb="export.downloaded", actor_user_id=owner.pk).exists()
    client.force_login(make_user("head_of_sales"))
    assert PAGE not in client.get(reverse("company:index")).content.decode()
    for place in (PAGE, address):
        assert client.get(place).status_code == 403
