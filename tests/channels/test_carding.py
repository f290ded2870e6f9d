"""Who wrote, where it belongs, and why (I2, I4, I5, IN-12, IN-15)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.channels.factories import SYSTEM, make_channel, write_in
from tests.factories import make_field, make_item_type, make_pipeline, make_reason, stage
from tests.people.factories import make_user
from voronka.channels import rules
from voronka.channels.commands import replay, save_repeat_rule, send_message
from voronka.channels.commands.sending import deliver
from voronka.channels.models import Enquiry
from voronka.channels.rules import Card, Repeat, decide
from voronka.clients.commands import exclude, lift_exclusion
from voronka.clients.models import Client, Exclusion
from voronka.items.commands import convert_lead, exclude_client_of, lose_item, win_item
from voronka.items.commands.excluding import is_excluded
from voronka.items.models import Attachment, Item, ItemLink
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.pipelines.models import Pipeline
from voronka.timeline.feed import feed
from voronka.timeline.models import Conversation, Message

pytestmark = pytest.mark.django_db


def test_a_repeated_enquiry_joins_the_open_card_and_the_feed_says_why():
    channel = make_channel()
    first = write_in(channel, "a")
    again = write_in(channel, "b", text="And a table")
    assert again.item == first.item
    assert again.decision == {"what": "join", "why": "open_card"}
    assert Conversation.objects.count() == 1
    event = Event.objects.get(verb="item.enquiry_joined")
    assert (event.subject_id, event.diff["decision"]) == (first.item_id, "open_card")


def test_the_client_is_known_by_any_identity_and_new_ones_are_kept():
    channel = make_channel()
    write_in(channel, "a", **{"from": [["phone", "8 916 123 45 67"]]})
    write_in(channel, "b", **{"from": [["phone", "+79161234567"], ["email", "Ivan@Mail.ru"]]})
    write_in(channel, "c", **{"from": [["email", "ivan@mail.ru"]]})
    client = Client.objects.get()
    assert [p.value for p in client.contact_points.all()] == ["+79161234567", "ivan@mail.ru"]
    assert Item.objects.count() == 1


def test_a_closed_card_is_not_joined_a_new_one_is_made():
    channel = make_channel()
    item = write_in(channel, "a").item
    lose_item(item.pk, by=SYSTEM, reason=item.pipeline.loss_reasons.first())
    again = write_in(channel, "b")
    assert again.item != item
    assert again.decision["why"] == "closed_before"


def test_a_refused_card_returns_to_work_when_the_funnel_says_so():
    channel = make_channel()
    rule = Repeat(when_lost="return", return_within=timedelta(days=30))
    save_repeat_rule(channel.pipeline, rule, by=SYSTEM)
    item = write_in(channel, "a").item
    lose_item(item.pk, by=SYSTEM, reason=item.pipeline.loss_reasons.first())
    again = write_in(channel, "b")
    item.refresh_from_db()
    assert again.item == item
    assert (item.closed_at, item.stage.code) == (None, "s1")
    assert Event.objects.filter(verb="item.corrected").count() == 1


def test_a_card_that_rests_in_nurturing_is_taken_over_by_a_new_one_of_another_type():
    channel = make_channel()
    resting = write_in(channel, "a").item
    Pipeline.objects.filter(pk=resting.pipeline_id).update(purpose="nurturing")
    other = make_channel()
    again = write_in(other, "b")
    assert again.decision["why"] == "was_resting"
    assert ItemLink.objects.get().parent_id == resting.pk


def test_a_card_of_the_same_type_returns_from_nurturing_through_a_tunnel():
    channel = make_channel()
    resting = write_in(channel, "a").item
    sales = make_pipeline(channel.pipeline.item_type)
    Pipeline.objects.filter(pk=resting.pipeline_id).update(purpose="nurturing")
    again = write_in(make_channel(sales), "b")
    assert (again.item, again.decision["why"]) == (resting, "rest_returned")
    assert again.item.pipeline == sales
    assert Item.objects.count() == 1
    assert Item.objects.get().clock_started_at is not None


def test_an_answer_in_a_thread_goes_to_its_card():
    channel = make_channel()
    item = write_in(channel, "a", external_id="m1").item
    answer = write_in(channel, "b", reply_to=["m1"], **{"from": [["email", "wife@mail.ru"]]})
    assert answer.item == item
    assert Message.objects.get(enquiry_id=answer.pk).reply_to.external_id == "m1"
    assert not Event.objects.filter(verb="item.enquiry_joined").exists()


def test_a_chat_is_one_thread_by_its_key():
    channel = make_channel()
    write_in(channel, "a", thread_key="chat-7", **{"from": []})
    write_in(channel, "b", thread_key="chat-7", **{"from": []})
    assert Item.objects.count() == Conversation.objects.count() == 1


def test_thanks_after_a_won_deal_are_no_new_lead():
    channel = make_channel()
    item = write_in(channel, "a", external_id="m1").item
    win_item(item.pk, by=SYSTEM)
    thanks = write_in(channel, "b", reply_to=["m1"], text="Thank you")
    assert (thanks.item, thanks.decision["why"]) == (item, "thread_closed")


def test_a_letter_about_a_converted_lead_goes_to_its_deal():
    channel = make_channel()
    lead = write_in(channel, "a", external_id="m1").item
    deal = convert_lead(lead.pk, by=SYSTEM, pipeline=make_pipeline())
    assert Conversation.objects.get().item == deal
    assert write_in(channel, "b", reply_to=["m1"]).item == deal


def test_an_auto_reply_makes_no_card_and_owes_no_answer():
    channel = make_channel()
    assert write_in(channel, "x", kind="auto_reply").state == Enquiry.State.IGNORED
    assert not Item.objects.exists()
    item = write_in(channel, "a", external_id="m1").item
    talk = Conversation.objects.get()
    message = send_message(
        channel_id=channel.pk, conversation_id=talk.pk, text="Hi", by=Actor.user(channel.owner)
    )
    deliver(message.pk)
    away = write_in(channel, "b", kind="auto_reply", reply_to=["m1"], text="On leave")
    assert away.item == item
    talk.refresh_from_db()
    assert talk.waiting_since is None
    assert talk.last_text == "On leave"


def test_a_letter_of_ours_from_elsewhere_answers_the_client():
    channel = make_channel()
    write_in(channel, "a", external_id="m1")
    own = write_in(channel, "b", kind="own", reply_to=["m1"], text="We call you")
    assert own.state == Enquiry.State.CARDED
    assert Conversation.objects.get().waiting_since is None
    assert write_in(channel, "c", kind="own", text="Nobody's").state == Enquiry.State.IGNORED


def test_a_bounce_marks_the_message_as_not_sent():
    channel = make_channel()
    write_in(channel, "a")
    talk = Conversation.objects.get()
    message = send_message(channel_id=channel.pk, conversation_id=talk.pk, text="Hi", by=SYSTEM)
    deliver(message.pk)
    news = [{"id": f"paper-voronka-{message.pk}", "state": "failed"}]
    assert write_in(channel, "b", kind="bounce", news=news).state == Enquiry.State.IGNORED
    message.refresh_from_db()
    assert message.state == Message.State.FAILED


def test_an_excluded_sender_is_counted_and_makes_no_card():
    channel = make_channel()
    item = write_in(channel, "a").item
    boss = Actor.user(make_user("head_of_sales"))
    client = item.contact
    [row] = exclude([("phone", "+7 916 123-45-67")], reason="spam", by=SYSTEM, client_id=client.pk)
    stopped = write_in(channel, "b")
    row.refresh_from_db()
    assert (stopped.state, stopped.exclusion, row.stopped) == ("excluded", row, 1)
    assert Message.objects.count() == 1
    lift_exclusion(row.pk, by=boss)
    assert write_in(channel, "c").state == Enquiry.State.CARDED


def test_a_card_from_no_customer_is_excluded_and_closed_in_one_go():
    channel = make_channel()
    supplier = make_reason(channel.pipeline, target=False)
    item = write_in(channel, "a", **{"from": [["phone", "+79161234567"], ["email", "a@b.ru"]]}).item
    rows = exclude_client_of(item.pk, reason="supplier", by=Actor.user(channel.owner))
    item.refresh_from_db()
    assert {r.identity_value for r in rows} == {"+79161234567", "a@b.ru"}
    assert (item.loss_reason, is_excluded(item)) == (supplier, True)
    assert write_in(channel, "b", **{"from": [["email", "a@b.ru"]]}).state == "excluded"


def test_what_an_exclusion_stopped_can_be_pardoned():
    channel = make_channel()
    exclude([("phone", "+79161234567")], reason="supplier", by=SYSTEM)
    stopped = write_in(channel, "a")
    assert replay(stopped.pk, by=SYSTEM).state == Enquiry.State.EXCLUDED
    assert replay(stopped.pk, by=SYSTEM, pardon=True).state == Enquiry.State.CARDED


def test_a_domain_and_a_term_exclude():
    channel = make_channel()
    until = timezone.now() + timedelta(days=1)
    exclude([("domain", "Spam.Example.com")], reason="spam", by=SYSTEM, until=until)
    stopped = write_in(channel, "a", **{"from": [["email", "a@mail.spam.example.com"]]})
    assert stopped.state == Enquiry.State.EXCLUDED
    Exclusion.objects.update(until=timezone.now())
    passed = write_in(channel, "b", **{"from": [["email", "a@mail.spam.example.com"]]})
    assert passed.state == Enquiry.State.CARDED


def test_fields_go_into_the_card_and_strange_values_stay_with_the_message():
    lead = make_item_type("lead", grade_rule={"fields": ["budget"], "a": 5, "b": 3})
    options = [{"code": "big", "name": {"en": "Big"}, "points": 5}]
    make_field(lead, "budget", "list", options=options)
    make_field(lead, "when", "date")
    channel = make_channel(make_pipeline(lead))
    fields = {"budget": "Big", "when": "the day after", "unknown": "x"}
    enquiry = write_in(channel, item_fields=fields, extra={"colour": "red"})
    item = Item.objects.get()
    assert (item.values, item.grade) == ({"budget": "big"}, "A")
    kept = enquiry.message.meta["fields"]
    assert kept == {"colour": "red", "when": "the day after", "unknown": "x"}


def test_an_enquiry_enters_even_a_stage_that_asks_for_more():
    channel = make_channel()
    first = stage(channel.pipeline, "s1")
    first.required = ["amount", "company"]
    first.save()
    assert write_in(channel).state == Enquiry.State.CARDED


def test_files_come_along():
    channel = make_channel()
    item = write_in(channel, files={"../../plan.txt": "walls", "empty.txt": ""}).item
    row = Attachment.objects.get()
    assert (row.name, row.item, row.file.read()) == ("plan.txt", item, b"walls")
    message = Message.objects.get()
    assert [a.pk for a in message.attachments.all()] == [row.pk]
    assert "empty.txt" in message.meta["left_out"][0]
    entries = feed(item, channel.owner).entries
    assert [e.file for e in entries if e.file] == []


def test_html_is_cleaned_before_it_is_stored():
    write_in(make_channel(), html="<p onclick=x>Hi<script>alert(1)</script></p>", text="")
    message = Message.objects.get()
    assert (message.html, message.text) == ("<p>Hi</p>", "Hi")


def test_a_stranger_without_any_contact_gets_a_card_without_a_client():
    enquiry = write_in(make_channel(), text="Call me", **{"from": [["phone", "none"]]})
    assert enquiry.item.contact is None
    assert enquiry.state == Enquiry.State.CARDED


def test_text_that_a_database_can_t_hold_is_mended():
    enquiry = write_in(
        make_channel(), name="A\x00nna", text="half \ud83d", extra={"x\x00": "\udc00"}
    )
    assert enquiry.state == Enquiry.State.CARDED
    assert Client.objects.get().name == "Anna"


NOW = timezone.now()


def card(id_=1, state="open", purpose="new_sales", pipeline=1, days=1):
    moment = NOW - timedelta(days=days)
    return Card(id_, pipeline, purpose, state, moment, None if state == "open" else moment)


@pytest.mark.parametrize(
    ("cards", "rule", "extra", "what", "why", "which"),
    [
        ([], rules.USUAL, {}, "open", "first", None),
        ([card()], rules.USUAL, {}, "join", "open_card", 1),
        ([card()], Repeat(when_open="new"), {}, "open", "rule_new", None),
        ([card(days=9)], Repeat(join_within=timedelta(days=8)), {}, "open", "too_long_ago", None),
        ([card(days=9)], Repeat(join_within=timedelta(days=10)), {}, "join", "open_card", 1),
        ([card(1, pipeline=2), card(2, days=5)], rules.USUAL, {}, "join", "open_card", 2),
        (
            [card(1, pipeline=2), card(2, pipeline=3, days=5)],
            rules.USUAL,
            {},
            "join",
            "open_card",
            1,
        ),
        ([card(purpose="fulfilment")], rules.USUAL, {}, "join", "open_card", 1),
        ([card(purpose="fulfilment")], rules.USUAL, {"is_request": True}, "open", "rule", None),
        ([card(purpose="nurturing")], rules.USUAL, {}, "open", "was_resting", None),
        ([card(state="lost")], rules.USUAL, {}, "open", "closed_before", None),
        ([card(state="won")], rules.USUAL, {}, "open", "bought_before", None),
        ([card(state="lost")], Repeat(when_lost="return"), {}, "return", "refused_before", 1),
        (
            [card(state="lost", days=40)],
            Repeat(when_lost="return", return_within=timedelta(days=30)),
            {},
            "open",
            "closed_before",
            None,
        ),
        ([card()], rules.USUAL, {"thread_card": card(7)}, "join", "thread", 7),
        ([], rules.USUAL, {"thread_card": card(7, "won")}, "join", "thread_closed", 7),
        ([], rules.USUAL, {"thread_card": card(7, "won", days=15)}, "open", "first", None),
        (
            [card(7, "lost")],
            Repeat(when_lost="return"),
            {"thread_card": card(7, "lost")},
            "return",
            "refused_before",
            7,
        ),
    ],
)
def test_where_an_enquiry_belongs(cards, rule, extra, what, why, which):
    told = decide(
        cards,
        rule,
        pipeline_id=1,
        at=NOW,
        is_request=extra.get("is_request", False),
        thread_card=extra.get("thread_card"),
    )
    assert told.what == what
    assert told.why == why or why == "rule"
    assert told.card_id == which
    if why == "was_resting":
        assert told.rest_id == 1
