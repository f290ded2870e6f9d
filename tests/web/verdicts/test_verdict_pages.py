"""The queue of losses and its verdicts, the strip on the card, and the two reviews."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.people.factories import make_department, make_user
from tests.web.verdicts.scene import Team
from voronka.automation.commands.verdicts import confirm_loss, lapse_verdicts
from voronka.automation.models import LossVerdict
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.timeline.commands.conversations import open_conversation
from voronka.timeline.models import Message

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "verdicts"}


@pytest.fixture
def team():
    return Team()


@pytest.fixture
def browser(client, team):
    client.force_login(team.head)
    return client


def opened(browser, **query):
    return browser.get(reverse("verdicts:index"), query, headers=HTMX).context["opened"].verdict


def test_after_a_verdict_the_next_loss_opens_in_its_place(browser, team):
    first, second, third = (team.lose(title) for title in ("one", "two", "three"))
    assert opened(browser) == first
    assert opened(browser, open=second.pk) == second
    browser.post(reverse("verdicts:confirm", args=[second.pk]))
    assert opened(browser, open=second.pk, at=1) == third
    browser.post(reverse("verdicts:confirm", args=[third.pk]))
    assert opened(browser, open=third.pk, at=1) == first


def test_a_return_asks_for_cause_and_words_and_keeps_what_was_typed(browser, team):
    verdict = team.lose("Kitchen")
    url = reverse("verdicts:return", args=[verdict.pk])
    answer = browser.post(url, {"cause": "slow", "said": ""})
    assert answer.status_code == 422
    assert 'value="slow" checked' in answer.content.decode()
    assert browser.post(url, {"cause": "", "said": "Call today"}).status_code == 422
    answer = browser.post(url, {"cause": "slow", "said": "Call today"})
    assert answer.status_code == 204
    assert "verdicts:read" in answer["HX-Trigger"]
    assert Item.objects.get(pk=verdict.item_id).stage.code == "s2"


def test_the_right_reason_is_chosen_from_the_funnels_tree(browser, team):
    verdict = team.lose("Kitchen")
    url = reverse("verdicts:reason", args=[verdict.pk])
    page = browser.get(url).content.decode()
    assert f'value="{team.other.pk}"' in page
    assert f'value="{team.reason.pk}"' not in page
    assert browser.post(url, {"reason": team.reason.pk}).status_code == 422
    assert browser.post(url, {"reason": team.other.pk}).status_code == 204
    assert Item.objects.get(pk=verdict.item_id).loss_reason == team.other


def test_a_verdict_given_by_somebody_else_meanwhile_is_said_in_a_sentence(browser, team):
    verdict = team.lose("Kitchen")
    confirm_loss(verdict.pk, by=Actor.user(team.head))
    answer = browser.post(reverse("verdicts:confirm", args=[verdict.pk]))
    assert answer.status_code == 204
    assert '"kind": "warning"' in answer["HX-Trigger"]


def test_a_head_sees_and_judges_only_the_losses_within_reach(client, team):
    verdict = team.lose("Kitchen of the other branch")
    stranger = make_user("head_of_sales", department=make_department())
    client.force_login(stranger)
    assert client.get(reverse("verdicts:index")).context["opened"] is None
    assert client.post(reverse("verdicts:confirm", args=[verdict.pk])).status_code == 404
    client.force_login(team.seller)
    assert client.get(reverse("verdicts:index")).status_code == 403
    assert client.post(reverse("verdicts:confirm", args=[verdict.pk])).status_code == 403
    verdict.refresh_from_db()
    assert verdict.state == "waiting"


def test_a_loss_that_lapsed_is_listed_and_can_still_be_judged(browser, team):
    verdict = team.lose("Kitchen")
    lapse_verdicts(now=timezone.now() + timedelta(days=2))
    page = browser.get(reverse("verdicts:given")).content.decode()
    url = f"{reverse('verdicts:index')}?open={verdict.pk}"
    assert url in page
    assert reverse("verdicts:return", args=[verdict.pk]) in browser.get(url).content.decode()


def test_shares_of_overturned_refusals_are_counted_by_person(browser, team):
    wrong, right = team.lose("one"), team.lose("two")
    browser.post(
        reverse("verdicts:return", args=[wrong.pk]), {"cause": "slow", "said": "Call today"}
    )
    browser.post(reverse("verdicts:confirm", args=[right.pk]))
    (row,) = browser.get(reverse("verdicts:people")).context["rows"]
    assert (row.user, row.overturned) == (team.seller, 0.5)
    assert not browser.get(reverse("verdicts:people"), {"period": "last_month"}).context["rows"]


def test_the_queue_asks_the_database_as_often_for_one_loss_as_for_many(
    browser, team, django_assert_max_num_queries
):
    for title in ("one", "two", "three"):
        team.lose(title)
    browser.get(reverse("verdicts:index"))
    with django_assert_max_num_queries(11):
        browser.get(reverse("verdicts:index"), headers=HTMX)


def test_the_lost_card_says_whose_verdict_it_waits_for_and_only_heads_get_buttons(browser, team):
    verdict = team.lose("Kitchen")
    card = reverse("card:head", args=[verdict.item_id])
    confirm = reverse("verdicts:confirm", args=[verdict.pk])
    assert confirm in browser.get(card).content.decode()
    browser.force_login(team.seller)
    page = browser.get(card).content.decode()
    assert confirm not in page
    assert str(team.head) in page
    LossVerdict.objects.filter(pk=verdict.pk).update(state="confirmed")
    assert "loss-strip" not in browser.get(card).content.decode()


def test_the_head_reads_whose_word_it_is_and_what_proves_it(browser, team):
    team.lose("Kitchen")
    page = browser.get(reverse("verdicts:index"), headers=HTMX).content.decode()
    assert "ни разговора с клиентом, ни его письма" in page
    item = Item.objects.get(title="Kitchen")
    Item.objects.filter(pk=item.pk).update(loss_told_by="client")
    talk = open_conversation(client_id=None, item_id=item.pk, owner_id=None, at=item.created_at)
    Message.objects.create(
        conversation=talk, direction="in", text="<b>Взяли у соседей</b>", at=item.created_at,
        recorded_at=item.created_at,
    )  # fmt: skip
    page = browser.get(reverse("verdicts:index"), headers=HTMX).content.decode()
    assert "ни разговора" not in page
    assert "&lt;b&gt;Взяли у соседей&lt;/b&gt;" in page
    assert "Кто так решил</dt><dd>клиент" in page
