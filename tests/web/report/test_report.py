"""The report's chart names its bars in full."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from tests.factories import SYSTEM, make_item, make_pipeline, stage
from tests.people.factories import make_user
from voronka.items.commands import win_item
from voronka.items.commands.loading import LoadRow, load_items
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Pipeline

pytestmark = pytest.mark.django_db


def rename(pipeline, name):
    Pipeline.objects.filter(pk=pipeline.pk).update(name=LocalText(name, name))


def chart(client, query=""):
    page = client.get(reverse("report:index") + query).content.decode()
    found = re.search(r"<report-chart[^>]*><script[^>]*>(.*?)</script>", page, re.S)
    return json.loads(found[1]) if found else None


def test_only_names_that_won_something_get_a_bar_and_each_its_whole_name(client):
    pipeline = make_pipeline()
    long = make_user(name="Константин Константинопольский-Задунайский")
    win_item(make_item(pipeline, owner=long, amount="300").pk, by=SYSTEM)
    make_item(pipeline, owner=make_user(name="Без продаж"), amount="50")
    client.force_login(make_user("owner"))
    drawn = chart(client, "?by=agent")
    assert drawn["labels"] == [str(long)]
    assert drawn["sums"] == [300]
    assert not drawn["standing"]


def test_months_without_a_sale_keep_their_place(client):
    pipeline, owner = make_pipeline(), make_user("owner")
    for end, days in (("won", 5), ("lost", 40)):
        made = datetime(2025, 3, 2, 9, tzinfo=UTC)
        visits = [(stage(pipeline, "s1"), made), (stage(pipeline, end), made + timedelta(days))]
        load_items(pipeline, [LoadRow("Deal", owner.pk, visits, amount=Decimal(5))], by=SYSTEM)
    client.force_login(owner)
    drawn = chart(client, "?by=month")
    assert drawn["sums"] == [5, 0]
    assert drawn["standing"]


def test_without_a_sale_there_is_no_chart(client):
    make_item(make_pipeline(), amount="50")
    client.force_login(make_user("owner"))
    assert chart(client) is None


def test_stages_of_the_same_name_tell_their_funnel_unless_one_is_chosen(client):
    first, second = make_pipeline(), make_pipeline()
    rename(second, "Second funnel")
    for pipeline in (first, second):
        win_item(make_item(pipeline, amount="7").pk, by=SYSTEM)
    client.force_login(make_user("owner"))
    labels = chart(client)["labels"]
    assert len(set(labels)) == 2
    assert any("Second funnel" in label for label in labels)
    assert chart(client, f"?funnel={second.code}")["labels"] == ["Успех"]
