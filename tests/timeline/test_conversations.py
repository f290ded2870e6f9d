"""One thread for a client and a card, who owes an answer, what can be undone (TL-1, 3, 5)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_item, make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.clients.commands import merge_clients, undo_merge
from voronka.items.commands import assign_owner, convert_lead, undo_conversion
from voronka.items.commands.answering import start_clock
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from voronka.timeline.commands.activities import (
    Plan,
    finish_activity,
    plan_activity,
    reopen_activity,
)
from voronka.timeline.commands.conversations import (
    assign_conversation,
    close_conversation,
    lock_conversation,
    mark_read,
    reopen_conversation,
)
from voronka.timeline.commands.messages import Arrival, Letter, receive_message, write_message
from voronka.timeline.commands.rethreading import (
    merge_conversations,
    split_conversation,
    undo_rethreading,
)
from voronka.timeline.commands.sending import cancel_message, note_failed
from voronka.timeline.conversations import (
    TabCounts,
    inbox,
    inbox_counts,
    inbox_tabs,
    last_rethreading,
    thread,
)
from voronka.timeline.counters import waiting
from voronka.timeline.feed import feed
from voronka.timeline.markup import clean_html, has_remote_images, text_of
from voronka.timeline.models import Activity, Conversation, Message
from voronka.timeline.queries import owes, planned

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def seller():
    return make_user("manager", name="Petr")


@pytest.fixture
def card(seller):
    client = make_client("Anna", owner=seller)
    return make_item(make_pipeline(), owner=seller, contact=client.pk, title="Kitchen")


def hear(card, text="Hello", *, ago=1.0, **extra):
    """A client writes, `ago` minutes ago."""
    arrival = Arrival("paper", 1, NOW - timedelta(minutes=ago), text=text, **extra)
    return receive_message(
        arrival, by=SYSTEM, client_id=card.contact_id, item_id=card.pk, owner_id=card.owner_id
    )


def say(card, text="Answer", **extra):
    by = extra.pop("by", Actor.user(card.owner))
    return write_message(Letter("paper", 1, text, **extra), by=by, item_id=card.pk)


def fresh(row):
    row.refresh_from_db()
    return row


def texts(conversation):
    return [m.text for m in thread(conversation)[0]]


def call(card, outcome="done"):
    by = Actor.user(card.owner)
    made = plan_activity(Plan(Activity.Kind.CALL, "Call", timezone.now()), item_id=card.pk, by=by)
    return finish_activity(made.pk, outcome=outcome, by=by)


def test_a_call_in_which_the_client_was_spoken_to_answers_them(card):
    start_clock(card, at=NOW)
    asked = hear(card)
    talk = asked.conversation
    call(card, "no_answer")  # an attempt stops the clock; the question still stands
    assert fresh(card).clock_started_at is None
    assert fresh(talk).waiting_since == asked.at
    made = call(card)
    assert fresh(talk).waiting_since is None
    assert inbox_counts(card.owner).mine_waiting == 0
    assert waiting(card.owner).talks == 0
    reopen_activity(made.pk, by=Actor.user(card.owner))
    assert fresh(talk).waiting_since == asked.at


def test_a_call_answers_what_was_written_before_it_and_a_task_answers_nothing(card):
    talk = hear(card, ago=5).conversation
    by = Actor.user(card.owner)
    task = plan_activity(Plan(Activity.Kind.TASK, "Think", None), item_id=card.pk, by=by)
    finish_activity(task.pk, outcome="done", by=by)
    assert fresh(talk).waiting_since is not None
    made = plan_activity(Plan(Activity.Kind.CALL, "Call", NOW), item_id=card.pk, by=by)
    later = hear(card, "And the price?", ago=1)
    finish_activity(made.pk, outcome="done", by=by, at=NOW - timedelta(minutes=3))
    assert fresh(talk).waiting_since == later.at


def test_a_call_to_a_client_answers_the_conversation_without_a_card(seller):
    client = make_client("Anna", owner=seller)
    arrival = Arrival("paper", 1, NOW, text="Hello")
    talk = receive_message(arrival, by=SYSTEM, client_id=client.pk).conversation
    by = Actor.user(seller)
    made = plan_activity(Plan(Activity.Kind.CALL, "Call", NOW), client_id=client.pk, by=by)
    finish_activity(made.pk, outcome="done", by=by)
    assert fresh(talk).waiting_since is None


def test_all_messages_of_a_client_about_a_card_are_one_thread(card):
    hear(card, "first")
    say(card, "second")
    hear(card, "third", ago=0)
    talk = Conversation.objects.get()
    assert (talk.item, talk.client, talk.owner) == (card, card.contact, card.owner)
    assert talk.last_text == "third" or talk.last_text == "second"
    assert talk.unread == 2


def test_messages_stand_in_the_order_of_their_senders_clocks(card):
    hear(card, "late", ago=1)
    hear(card, "early", ago=9)
    talk = Conversation.objects.get()
    assert texts(talk) == ["early", "late"]
    assert talk.last_text == "late"
    assert talk.waiting_since == NOW - timedelta(minutes=9)


def test_the_client_waits_until_a_person_answers(card):
    hear(card)
    talk = Conversation.objects.get()
    assert talk.is_waiting
    say(card, "We have your letter", by=Actor("robot", None, "Robot"))
    assert fresh(talk).is_waiting
    say(card, "Later", send_at=timezone.now() + timedelta(hours=1))
    assert fresh(talk).is_waiting
    say(card)
    assert not fresh(talk).is_waiting


def test_what_is_planned_or_taken_back_is_not_the_last_word(card):
    say(card, text="Now")
    planned = say(card, text="Tomorrow", send_at=NOW + timedelta(days=1))
    talk = planned.conversation
    note_failed(say(card, text="Failed").pk, "No such box")
    assert fresh(talk).last_text == "Failed"
    cancel_message(planned.pk, by=SYSTEM)
    assert fresh(talk).last_text == "Failed"


def test_closing_says_that_nothing_is_owed_and_a_new_message_opens_it_again(card):
    hear(card)
    talk = Conversation.objects.get()
    close_conversation(talk.pk, by=SYSTEM)
    close_conversation(talk.pk, by=SYSTEM)
    assert fresh(talk).waiting_since is None
    assert Event.objects.filter(verb="item.conversation_closed").count() == 1
    assert fresh(reopen_conversation(talk.pk, by=SYSTEM)).is_waiting
    close_conversation(talk.pk, by=SYSTEM)
    hear(card, "again", ago=0)
    assert fresh(talk).closed_at is None


def test_only_who_answers_takes_the_unread_mark_away(card):
    boss = make_user("owner")
    hear(card)
    talk = Conversation.objects.get()
    mark_read(talk.pk, by=Actor.user(boss))
    assert fresh(talk).unread == 1
    mark_read(talk.pk, by=Actor.user(card.owner))
    assert fresh(talk).unread == 0
    assert Message.objects.get().read_at is not None


def test_a_conversation_can_be_given_to_somebody_else_than_the_card(card):
    helper = make_user("manager")
    hear(card)
    talk = Conversation.objects.get()
    with pytest.raises(Forbidden):
        assign_conversation(talk.pk, to=helper, by=Actor.user(helper))
    assign_conversation(talk.pk, to=helper, by=Actor.user(card.owner))
    assert fresh(talk).owner == helper
    assert lock_conversation(talk.pk, by=Actor.user(helper)).pk == talk.pk
    assign_owner(card.pk, to=make_user("manager"), by=SYSTEM)
    assert fresh(talk).owner == helper


def test_a_new_responsible_of_the_card_takes_its_conversations_over(card):
    hear(card)
    other = make_user("manager")
    assign_owner(card.pk, to=other, by=SYSTEM)
    assert Conversation.objects.get().owner == other


def test_a_conversation_follows_the_lead_into_the_deal_and_back(seller):
    lead = make_item(make_pipeline(make_item_type("lead")), owner=seller, contact=make_client().pk)
    hear(lead)
    deal = convert_lead(lead.pk, by=SYSTEM, pipeline=make_pipeline())
    assert Conversation.objects.get().item == deal
    undo_conversion(lead.pk, by=SYSTEM)
    assert Conversation.objects.get().item == lead


def test_merged_clients_share_their_conversations_until_they_are_parted(card):
    twin = make_client("Anna", owner=card.owner)
    hear(card)
    merge = merge_clients(twin.pk, card.contact_id, by=SYSTEM)
    assert Conversation.objects.get().client == twin
    undo_merge(merge.pk, by=SYSTEM)
    assert Conversation.objects.get().client == card.contact


def test_a_message_by_its_external_id_is_kept_once(card):
    assert hear(card, external_id="x").pk == hear(card, external_id="x").pk


def test_two_threads_become_one_and_two_again(card):
    other = make_item(card.pipeline, owner=card.owner, contact=card.contact_id)
    hear(card, "a", ago=3)
    hear(other, "b", ago=2)
    hear(card, "c", ago=1)
    keeper, absorbed = (Conversation.objects.get(item=i) for i in (card, other))
    done = merge_conversations(keeper.pk, absorbed.pk, by=Actor.user(card.owner))
    assert texts(keeper) == ["a", "b", "c"]
    assert fresh(keeper).unread == 3
    assert lock_conversation(absorbed.pk, by=SYSTEM).pk == keeper.pk
    assert [c.pk for c in inbox(card.owner).rows] == [keeper.pk]
    with pytest.raises(InvalidInput):
        merge_conversations(keeper.pk, absorbed.pk, by=SYSTEM)
    assert last_rethreading(keeper) == done
    undo_rethreading(done.pk, by=SYSTEM)
    undo_rethreading(done.pk, by=SYSTEM)
    assert (texts(keeper), texts(fresh(absorbed))) == (["a", "c"], ["b"])
    assert (fresh(keeper).unread, fresh(absorbed).unread) == (2, 1)
    assert fresh(absorbed).waiting_since == NOW - timedelta(minutes=2)


def test_a_thread_is_split_onto_another_card_and_put_back(card):
    other = make_item(card.pipeline, owner=card.owner, contact=card.contact_id)
    first, second = hear(card, "a", ago=2), hear(card, "b", ago=1)
    talk = first.conversation
    with pytest.raises(InvalidInput):
        split_conversation(talk.pk, [first.pk, second.pk], by=SYSTEM)
    done = split_conversation(talk.pk, [second.pk], by=SYSTEM, item_id=other.pk)
    assert (done.target.item, texts(talk), texts(done.target)) == (other, ["a"], ["b"])
    undo_rethreading(done.pk, by=SYSTEM)
    assert texts(talk) == ["a", "b"]
    assert fresh(done.target).merged_into == talk


def test_a_merge_under_a_later_merge_is_not_undone(card):
    cards = [make_item(card.pipeline, owner=card.owner, contact=card.contact_id) for _ in range(2)]
    for one in (card, *cards):
        hear(one)
    first, second, third = Conversation.objects.order_by("pk")
    done = merge_conversations(second.pk, third.pk, by=SYSTEM)
    merge_conversations(first.pk, second.pk, by=SYSTEM)
    with pytest.raises(Conflict):
        undo_rethreading(done.pk, by=SYSTEM)
    with pytest.raises(NotFound):
        undo_rethreading(0, by=SYSTEM)


def test_who_may_not_change_the_card_may_not_write(card):
    stranger = make_user("manager")
    with pytest.raises(Forbidden):
        say(card, by=Actor.user(stranger))
    hear(card)
    with pytest.raises(Forbidden):
        write_message(
            Letter("paper", 1, "Hi"),
            by=Actor.user(stranger),
            conversation_id=Conversation.objects.get().pk,
        )
    assert inbox(stranger, show="all").rows == []


def test_the_inbox_shows_mine_nobody_s_and_who_waits_longest(card, django_assert_num_queries):
    boss = make_user("owner")
    theirs = make_item(card.pipeline, owner=boss, contact=card.contact_id)
    hear(card, ago=5)
    hear(theirs, ago=9)
    mine, other = (Conversation.objects.get(item=i) for i in (card, theirs))
    assert [c.pk for c in inbox(boss, show="waiting").rows] == [other.pk, mine.pk]
    assert [c.pk for c in inbox(boss).rows] == [other.pk]
    assign_conversation(mine.pk, to=None, by=SYSTEM)
    assert [c.pk for c in inbox(boss, show="unassigned").rows] == [mine.pk]
    assert inbox_counts(boss).unassigned == 1
    assert inbox_counts(boss).mine_waiting == 1
    close_conversation(other.pk, by=SYSTEM)
    assert [c.pk for c in inbox(boss, show="closed").rows] == [other.pk]
    assert [c.pk for c in inbox(boss, show="all", text="kitch").rows] == [mine.pk]
    with django_assert_num_queries(1):
        inbox(boss, show="all")


def test_the_tabs_count_what_asks_for_somebody(card, seller, django_assert_max_num_queries):
    talk = hear(card).conversation
    note_failed(say(card).pk, "No such box")
    other = make_item(card.pipeline, owner=seller, title="Wardrobe")
    assign_conversation(hear(other).conversation_id, to=None, by=SYSTEM)
    with django_assert_max_num_queries(3):  # one, and two for the rights
        counts = inbox_tabs(seller)
    assert counts == TabCounts(mine_unread=1, unassigned=1, waiting=2, failed=1)
    close_conversation(talk.pk, by=SYSTEM)
    assert inbox_tabs(seller) == TabCounts(0, 1, 1, 0)


def test_pages_of_the_inbox_follow_without_gap(seller):
    client = make_client(owner=seller)
    pipeline = make_pipeline()
    for number in range(5):
        item = make_item(pipeline, owner=seller, contact=client.pk)
        hear(item, ago=number)
    for show in ("mine", "waiting"):
        seen, before = [], ""
        while True:
            page = inbox(seller, show=show, before=before, limit=2)
            seen += [c.pk for c in page.rows]
            before = page.after
            if not before:
                break
        assert len(seen) == len(set(seen)) == 5


def test_the_thread_is_read_in_pages(card, django_assert_num_queries):
    for number in range(5):
        hear(card, f"m{number}", ago=9 - number)
    talk = Conversation.objects.get()
    with django_assert_num_queries(2):
        page, earlier = thread(talk, limit=3)
    assert [m.text for m in page] == ["m2", "m3", "m4"]
    assert [m.text for m in thread(talk, before=earlier)[0]] == ["m0", "m1"]


def test_the_feed_tells_messages_of_every_channel(card):
    hear(card, "Is it oak?", author_name="Anna")
    say(card, "It is")
    told = [(e.author, e.message.text) for e in feed(card, card.owner).entries if e.message]
    assert told == [("Petr", "It is"), ("Anna", "Is it oak?")]
    about = [e.message.text for e in feed(card.contact, card.owner).entries if e.message]
    assert about == ["It is", "Is it oak?"]


def test_a_hidden_card_hides_its_messages_in_the_client_s_feed(card):
    stranger = make_user("manager")
    hear(card, "secret")
    assert [e for e in feed(card.contact, stranger).entries if e.message] == []


def test_the_card_says_that_the_client_waits_for_an_answer(card):
    hear(card, "Is it oak?")
    sentence = owes(card, planned(card))
    assert (sentence.client, sentence.how) == ("Anna", "message")
    assert sentence.asked_since == NOW - timedelta(minutes=1)
    assert sentence.owes == card.owner
    say(card)
    sentence = owes(card, planned(card))
    assert (sentence.client, sentence.spoke, sentence.asked_since) == ("", card.owner, None)


def test_html_of_strangers_is_made_harmless():
    html = (
        "<style>x</style><p onclick='a()'>Hi <b>you</b><br>there &lt;3</p><script>alert(1)</script>"
        "<img src='http://spy/1.png' onerror='x'><img src='cid:a'><a href='javascript:x'>go</a>"
        "<iframe src=x></iframe><form action=x><input></form>"
    )
    clean = clean_html(html)
    for bad in ("onclick", "script", "style", "javascript", "iframe", "<form", "<input", "onerror"):
        assert bad not in clean
    assert has_remote_images(clean)
    shown = clean_html(clean, images=False)
    assert "spy" not in shown
    assert "cid:a" in shown
    assert text_of(html).splitlines()[:2] == ["Hi you", "there <3"]
