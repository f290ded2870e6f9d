"""Questions on the card's page: asked in a dialog, answered where they stand (SP-4)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_item, make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.items.commands import link_items
from voronka.items.models import ItemLink
from voronka.journal.actors import Actor
from voronka.timeline.commands.questions import ask_question, reply
from voronka.timeline.models import Question

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return make_user("owner", name="Seller")


@pytest.fixture
def browser(client, seller):
    client.force_login(seller)
    return client


@pytest.fixture
def card(seller):
    return make_item(make_pipeline(make_item_type("deal")), owner=seller)


def due(hours=24):
    return f"{timezone.localtime() + timedelta(hours=hours):%Y-%m-%dT%H:%M}"


def asked(card, to, by):
    at = timezone.now() + timedelta(hours=2)
    return ask_question(card.pk, "Готова ли?", to=f"user:{to.pk}", due_at=at, by=Actor.user(by))


def test_a_question_is_asked_in_a_dialog_and_stands_on_the_card(browser, card):
    foreman = make_user("owner", name="Прораб")
    url = reverse("card:ask", args=[card.pk])
    assert "Прораб" in browser.get(url).content.decode()
    data = {"text": "Готова ли прихожая?", "to": f"user:{foreman.pk}", "due": due()}
    assert browser.post(url, data).status_code == 204
    page = browser.get(reverse("card:show", args=[card.pk])).content.decode()
    assert "Готова ли прихожая?" in page


def test_a_refused_question_says_why_and_keeps_what_was_typed(browser, card):
    url = reverse("card:ask", args=[card.pk])
    answer = browser.post(url, {"text": "Готова ли?", "to": "", "due": due(-3)})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Готова ли?" in html
    assert html.count("field-error") == 2
    assert not Question.objects.exists()


def test_the_asked_answers_from_the_deal_of_the_element(client, card, seller):
    foreman = make_user("owner")
    element = make_item(make_pipeline(make_item_type("custom")), owner=seller)
    link_items(card.pk, element.pk, by=SYSTEM, kind=ItemLink.Kind.PART)
    question = asked(element, foreman, seller)
    client.force_login(foreman)
    url = reverse("card:reply", args=[question.pk]) + f"?card={card.pk}"
    assert 'name="text"' in client.get(url).content.decode()
    assert client.post(url, {"text": " "}).status_code == 422
    html = client.post(url, {"text": "В пятницу"}).content.decode()
    assert f'id="feed-{card.pk}"' in html
    assert "В пятницу" in html
    question.refresh_from_db()
    assert question.answered


def test_a_settled_question_is_read_in_the_feed_of_the_client(browser, seller):
    anna = make_client("Anna", owner=seller)
    card = make_item(make_pipeline(), owner=seller, contact=anna.pk)
    foreman = make_user("owner")
    question = asked(card, foreman, seller)
    reply(question.pk, "В пятницу", by=Actor.user(foreman))
    html = browser.get(reverse("clients:feed", args=[anna.pk])).content.decode()
    assert "В пятницу" in html
    assert reverse("card:reply", args=[question.pk]) not in html  # it is answered on its card


def test_a_question_on_a_hidden_card_is_not_there(client, card, seller):
    question = asked(card, make_user("owner"), seller)
    client.force_login(make_user("manager"))
    assert client.get(reverse("card:reply", args=[question.pk])).status_code == 404
    assert client.post(reverse("card:close_question", args=[question.pk])).status_code == 404


def test_only_the_asker_takes_it_back(browser, client, card, seller):
    question = asked(card, make_user("owner"), seller)
    html = browser.post(reverse("card:close_question", args=[question.pk])).content.decode()
    assert f'id="question-{question.pk}"' in html
    question.refresh_from_db()
    assert not question.is_open
