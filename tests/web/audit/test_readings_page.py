"""The page “who read whom”, and the pages that count as reading."""

import pytest
from django.urls import reverse

from tests.clients.factories import make_client
from tests.factories import make_item
from tests.people.factories import make_user
from tests.web.inbox.scene import make_talk
from voronka.journal.actors import Actor
from voronka.journal.commands import note_listing
from voronka.journal.models import Reading
from voronka.people.commands import save_company, sound_alarms

pytestmark = pytest.mark.django_db
URL = "/audit/readings/"


@pytest.fixture
def owner(client):
    person = make_user("owner")
    client.force_login(person)
    return person


def read():
    return list(Reading.objects.order_by("pk").values_list("reader_id", "subject_type", "count"))


def test_opening_a_card_and_a_client_is_counted_and_drawing_pieces_is_not(client, owner):
    item, anna = make_item(), make_client("Анна")
    client.get(reverse("card:show", args=[item.pk]))
    client.get(reverse("card:show", args=[item.pk]), headers={"HX-Request": "true"})
    client.get(reverse("clients:show", args=[anna.pk]))
    for piece in (reverse("card:head", args=[item.pk]), reverse("clients:left", args=[anna.pk])):
        client.get(piece)
    assert read() == [(owner.pk, "item", 2), (owner.pk, "client", 1)]


def test_a_conversation_in_the_inbox_shows_its_client(client, owner):
    talk = make_talk(owner)
    client.get(reverse("inbox:show", args=[talk.pk]))
    client.get(reverse("inbox:facts", args=[talk.pk]))
    assert read() == [(owner.pk, "client", 1)]


def test_what_may_not_be_seen_is_not_read(client):
    client.force_login(make_user("manager"))
    assert client.get(reverse("card:show", args=[make_item().pk])).status_code == 404
    assert read() == []


def test_who_looks_with_borrowed_eyes_is_the_reader(client, owner):
    seller = make_user("manager")
    item = make_item(owner=seller)
    client.post(reverse("people:view_as", args=[seller.pk]))
    assert client.get(reverse("card:show", args=[item.pk])).context["user"] == seller
    assert read() == [(owner.pk, "item", 1)]


def test_the_page_is_for_those_with_the_right_and_narrows(client, owner):
    seller = make_user("manager", name="Семён")
    item, anna = make_item(title="Кухня"), make_client("Анна")
    note_listing("item", [item.pk], by=Actor.user(seller))
    note_listing("client", [anna.pk], by=Actor.user(owner))

    def found(**query):
        return [row.subject for row in client.get(URL, query).context["rows"]]

    assert found() == ["Анна", "Кухня"]
    assert found(who=seller.pk) == ["Кухня"]
    assert found(about="client", number=anna.pk) == ["Анна"]
    assert found(about="client", number=anna.pk + 1) == []
    assert found(about="user", who="x", number="-", after="y") == ["Анна", "Кухня"]
    page = client.get(URL, {"who": seller.pk}).content.decode()
    assert "Семён" in page
    assert reverse("card:show", args=[item.pk]) in page
    client.force_login(seller)
    assert client.get(URL).status_code == 403


def test_an_alarm_stands_on_the_page_and_leads_to_what_was_read(client, owner):
    seller = make_user("manager", name="Семён")
    save_company(by=Actor.system(), reading_limit=10)
    note_listing("item", range(12), by=Actor.user(seller))
    sound_alarms()
    assert [line.event.subject_id for line in client.get(URL).context["alarms"]] == [seller.pk]
    answer = client.get(reverse("audit:reader", args=[seller.pk]))
    assert answer.url == f"{URL}?who={seller.pk}"


def test_only_those_with_the_right_are_led_there_from_a_card(client, owner):
    seller = make_user("manager")
    item = make_item(owner=seller)
    link = f"{URL}?about=item&amp;number={item.pk}"
    assert link in client.get(reverse("card:show", args=[item.pk])).content.decode()
    client.force_login(seller)
    assert URL not in client.get(reverse("card:show", args=[item.pk])).content.decode()
