"""Rows of an import lead to the client or card that they became, or were recognised as."""

import pytest
from django.test import Client as Browser
from django.utils import timezone

from tests.clients.factories import make_client
from tests.people.factories import make_user
from voronka.imports.models import ImportRow, ImportRun

pytestmark = pytest.mark.django_db


def test_a_row_leads_to_its_client_until_it_is_taken_back():
    boss = make_user("owner")
    browser = Browser()
    browser.force_login(boss)
    made, known, undone = (make_client(owner=boss) for _row in range(3))
    run = ImportRun.objects.create(
        entity="person", state="done", file_name="base.csv", headers=["name"], total=3,
        counts={"new": 3}, created_by=boss, created_at=timezone.now(),
    )  # fmt: skip
    for number, (client, extra) in enumerate(
        [(made, {"made": True}), (known, {}), (undone, {"made": True, "undone": True})], start=1
    ):
        ImportRow.objects.create(
            run=run, number=number, cells=["x"], verdict="new", object_id=client.pk, **extra
        )
    page = browser.get(f"/imports/{run.pk}/?verdict=new").content.decode()
    assert f'href="/clients/{made.pk}/"' in page
    assert f'href="/clients/{known.pk}/"' in page
    assert f'href="/clients/{undone.pk}/"' not in page
