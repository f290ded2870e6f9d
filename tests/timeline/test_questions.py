"""Questions to a person or a role: asked on a card, answered there, late ones told (SP-4, S4)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import SYSTEM, make_item, make_item_type, make_pipeline
from tests.people.factories import make_department, make_role, make_user
from voronka.items.commands import link_items
from voronka.items.models import ItemLink
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput
from voronka.people.commands import delete_role
from voronka.timeline.commands.questions import ask_question, close_question, reply, tell_late
from voronka.timeline.day import day
from voronka.timeline.feed import feed, open_questions
from voronka.timeline.models import Notification, Question

pytestmark = pytest.mark.django_db
SEES_ALL = {"*": {"see": "all"}}


@pytest.fixture
def seller():
    return make_user("owner", name="Seller")


@pytest.fixture
def workshop():
    return make_role("workshop", matrix=SEES_ALL)


@pytest.fixture
def foreman(workshop):
    return make_user(workshop, name="Foreman")


@pytest.fixture
def element(seller):
    """A deal of the seller's, and its article in production."""
    deal = make_item(make_pipeline(make_item_type("deal")), owner=seller, title="Kitchen")
    part = make_item(make_pipeline(make_item_type("custom")), owner=seller, title="Hall")
    link_items(deal.pk, part.pk, by=SYSTEM, kind=ItemLink.Kind.PART)
    part.deal = deal
    return part


def ask(card, to, by, *, text="Will it be ready?", hours=4):
    due = timezone.now() + timedelta(hours=hours)
    return ask_question(card.pk, text, to=to, due_at=due, by=Actor.user(by))


def later(question, **by):
    Question.objects.filter(pk=question.pk).update(due_at=timezone.now() - timedelta(**by))


def bell(user):
    rows = Notification.objects.filter(user=user, kind="question")
    return list(rows.order_by("pk").values_list("text", flat=True))


def test_a_role_is_told_finds_it_in_its_day_and_the_first_answer_settles_it(
    element, seller, foreman, workshop
):
    other = make_user(workshop, name="Second")
    question = ask(element, "role:workshop", seller)
    assert ["ready" in text for text in bell(foreman) + bell(other)] == [True, True]
    rows = day(foreman, foreman).rows
    assert [(row.kind.code, row.item.pk) for row in rows] == [("question", element.pk)]
    reply(question.pk, "Yes, on Friday", by=Actor.user(foreman))
    question.refresh_from_db()
    assert (question.is_open, question.answered) == (False, True)
    assert day(other, other).rows == []
    assert ["Friday" in text for text in bell(seller)] == [True]


def test_a_question_on_an_element_is_seen_on_its_deal_with_its_answer(element, seller, foreman):
    question = ask(element, f"user:{foreman.pk}", seller)
    ((shown, source),) = open_questions(element.deal, seller)
    assert (shown, source.item_id) == (question, element.pk)
    assert [(row, source) for row, source in open_questions(element, seller)] == [(question, None)]
    reply(question.pk, "Yes", by=Actor.user(foreman))
    assert open_questions(element.deal, seller) == []
    (entry,) = [e for e in feed(element.deal, seller).entries if e.question]
    assert (entry.question, entry.source.title) == (question, "Hall")
    assert [r.text for r in entry.question.replies.all()] == ["Yes"]
    (own,) = [e for e in feed(element, seller).entries if e.question]
    assert own.source is None


def test_whoever_does_not_see_the_element_reads_no_question_on_the_deal(element, seller):
    blind = make_role("blind", matrix={"deal": {"see": "all"}})
    deal_only = make_user(blind)
    boss = make_user("owner")
    ask(element, f"user:{boss.pk}", seller)
    assert open_questions(element.deal, deal_only) == []
    with pytest.raises(InvalidInput) as refusal:
        ask(element, "role:blind", seller)
    assert set(refusal.value.fields) == {"to"}


def test_words_of_others_settle_nothing_and_the_asker_may_take_it_back(element, seller, foreman):
    bystander = make_user("owner", name="Bystander")
    question = ask(element, f"user:{foreman.pk}", seller)
    reply(question.pk, "I wonder, too", by=Actor.user(bystander))
    reply(question.pk, "It is urgent", by=Actor.user(seller))
    question.refresh_from_db()
    assert question.is_open
    assert "urgent" in bell(foreman)[-1]
    with pytest.raises(Forbidden):
        close_question(question.pk, by=Actor.user(bystander))
    close_question(question.pk, by=Actor.user(seller))
    question.refresh_from_db()
    assert (question.is_open, question.answered) == (False, False)
    assert day(foreman, foreman).rows == []


def test_a_late_answer_is_told_once_to_the_asker_and_the_head(element, seller, workshop):
    head = make_user("owner", name="Head")
    foreman = make_user(workshop, department=make_department(head=head))
    question = ask(element, f"user:{foreman.pk}", seller)
    assert tell_late() == 0
    later(question, minutes=1)
    assert [tell_late(), tell_late()] == [1, 0]
    assert (len(bell(seller)), len(bell(head))) == (1, 1)
    assert "Hall" in bell(head)[0]
    assert Event.objects.filter(verb="item.question_late", subject_id=element.pk).count() == 1


def test_an_answered_question_is_never_late(element, seller, foreman):
    question = ask(element, f"user:{foreman.pk}", seller)
    reply(question.pk, "Yes", by=Actor.user(foreman))
    later(question, minutes=1)
    assert tell_late() == 0


def test_a_question_must_say_what_whom_and_by_when(element, seller):
    with pytest.raises(InvalidInput) as refusal:
        ask(element, "user:0", seller, text=" ", hours=-1)
    assert set(refusal.value.fields) == {"text", "to", "due"}
    with pytest.raises(InvalidInput) as refusal:
        ask(element, f"user:{seller.pk}", seller)
    assert set(refusal.value.fields) == {"to"}


def test_an_answer_that_is_too_long_is_refused_not_cut(element, seller, foreman):
    question = ask(element, f"user:{foreman.pk}", seller)
    with pytest.raises(InvalidInput) as refusal:
        reply(question.pk, "x" * 4001, by=Actor.user(foreman))
    assert set(refusal.value.fields) == {"text"}
    assert not question.replies.exists()


def test_who_does_not_see_the_card_neither_asks_nor_answers(element, seller, foreman):
    stranger = make_user("manager")
    with pytest.raises(Forbidden):
        ask(element, f"user:{foreman.pk}", stranger)
    question = ask(element, f"user:{foreman.pk}", seller)
    with pytest.raises(Forbidden):
        reply(question.pk, "x", by=Actor.user(stranger))


def test_the_name_of_a_role_outlives_it(element, seller, foreman, workshop):
    question = ask(element, "role:workshop", seller)
    foreman.role = make_role("another", matrix=SEES_ALL)
    foreman.save()
    delete_role(workshop.pk, by=SYSTEM)
    question = Question.objects.get(pk=question.pk)
    assert question.asked == question.to_name
    assert question.is_open
