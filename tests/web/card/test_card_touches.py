"""The card tells where its client came from, each time, and which touch decided (IN-16)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import SYSTEM, make_item, make_pipeline
from tests.people.factories import make_role, make_user
from voronka.items.attribution import attribution
from voronka.items.commands.sources import add_touch
from voronka.items.models import Touch
from voronka.pipelines.models import Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return make_user("manager")


@pytest.fixture
def card(seller):
    """A deal whose client came by an advertisement, and then twice by the site."""
    item = make_item(make_pipeline(), owner=seller, by=SYSTEM)
    now = timezone.now()
    for days, name in ((9, "Яндекс Директ"), (5, "Сайт"), (1, "Выставка")):
        source = Source.objects.create(code=f"s{days}", name={"ru": name, "en": name})
        utm = {"utm_campaign": "<b>kuhni</b>"} if days == 9 else {}
        add_touch(item.pk, source_id=source.pk, utm=utm, at=now - timedelta(days=days))
    return item


def _read(client, item):
    return client.get(reverse("card:touches", args=[item.pk])).content.decode()


def test_touches_are_listed_and_another_one_is_named(client, card, seller):
    client.force_login(seller)
    page = _read(client, card)
    assert page.index("Выставка") < page.index("Сайт") < page.index("Яндекс Директ")
    assert "&lt;b&gt;kuhni&lt;/b&gt;" in page
    first, second, last = attribution(card).touches
    assert attribution(card).deciding == last
    named = client.post(reverse("card:decide_touch", args=[card.pk, second.pk]))
    assert named.status_code == 204
    assert attribution(card).deciding == second
    client.post(reverse("card:decide_touch", args=[card.pk, first.pk]))
    assert Touch.objects.get(deciding=True) == first
    client.post(reverse("card:undecide_touch", args=[card.pk]))
    assert attribution(card).deciding == last
    feed = client.get(reverse("card:show", args=[card.pk])).content.decode()
    assert "снята отметка решающего касания" in feed


def test_who_may_not_change_the_card_reads_only(client, card):
    watcher = make_user(make_role(matrix={"*": {"see": "all"}}))
    client.force_login(watcher)
    assert "Сделать решающим" not in _read(client, card)
    touch = attribution(card).first
    assert client.post(reverse("card:decide_touch", args=[card.pk, touch.pk])).status_code == 403
    stranger = make_user(make_role(matrix={"*": {"see": "own"}}))
    client.force_login(stranger)
    assert client.get(reverse("card:touches", args=[card.pk])).status_code == 404


def test_a_touch_of_another_card_is_not_found(client, card, seller):
    client.force_login(seller)
    other = make_item(card.pipeline, owner=seller)
    touch = attribution(card).first
    assert client.post(reverse("card:decide_touch", args=[other.pk, touch.pk])).status_code == 404
    assert not Touch.objects.filter(deciding=True).exists()
