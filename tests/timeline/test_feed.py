"""One history per card and client: readable lines, people's words, in pages, with rights."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone, translation
from django.utils.translation import override

from tests.factories import (
    SYSTEM,
    make_field,
    make_item,
    make_item_type,
    make_pipeline,
    stage,
)
from tests.people.factories import make_user
from voronka.clients.models import Client
from voronka.items.commands import (
    assign_owner,
    attach_file,
    convert_lead,
    correct_item,
    edit_item,
    link_items,
    lose_item,
    move_item,
)
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.timeline.commands.activities import Plan, finish_activity, plan_activity
from voronka.timeline.commands.notes import write_note
from voronka.timeline.feed import feed
from voronka.timeline.queries import owes, planned

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def boss():
    return make_user("owner", name="Anna Boss")


def make_client(owner, name="Maria", kind="person"):
    now = timezone.now()
    return Client.objects.create(kind=kind, name=name, owner=owner, created_at=now, changed_at=now)


def told(found):
    """The feed as plain text, newest first."""
    rows = []
    for entry in found.entries:
        if entry.line:
            changes = [
                f"{c.name}: {c.old} → {c.new}".removeprefix(": ") for c in entry.line.changes
            ]
            rows.append(" ".join(filter(None, [str(entry.line.text), *changes, entry.line.said])))
        elif entry.note:
            rows.append(f"note {entry.note.text}")
        elif entry.activity:
            rows.append(f"{entry.activity.kind} {entry.activity.title}")
        else:
            rows.append(f"file {entry.file.name}")
    return rows


def test_the_feed_tells_moves_changes_notes_work_and_files_in_words(boss):
    pipeline = make_pipeline(reasons=True)
    make_field(
        pipeline.item_type,
        "urgency",
        "list",
        options=[
            {"code": "now", "name": {"en": "Now"}},
            {"code": "later", "name": {"en": "Later"}},
        ],
    )
    me = Actor.user(boss)
    item = make_item(pipeline, owner=boss, by=me)
    edit_item(item.pk, {"urgency": "now", "amount": "1 200"}, by=me)
    move_item(item.pk, to=stage(pipeline, "s3"), by=me)
    write_note("Wants oak", by=me, item_id=item.pk)
    call = plan_activity(Plan("call", "Ask about oak", timezone.now()), by=me, item_id=item.pk)
    finish_activity(call.pk, outcome="done", by=me)
    attach_file(ContentFile(b"x"), name="plan.pdf", by=me, item_id=item.pk)
    lose_item(item.pk, by=me, reason=pipeline.loss_reasons.get(), comment="neighbour is cheaper")
    correct_item(item.pk, to=stage(pipeline, "s2"), why="came back", by=me)
    found = feed(item, boss)
    assert told(found) == [
        "returned as a correction Lost → Step 2 came back",
        "reason: Too dear · by our own judgement Step 3 → Lost neighbour is cheaper",
        "file plan.pdf",
        "call Ask about oak",
        "note Wants oak",
        "with a jump Step 1 → Step 3",
        "Amount: 0.00 → 1200.00 urgency:  → Now",
        "made the card at “Step 1”",
    ]
    assert {entry.author for entry in found.entries} == {"Anna Boss"}


def test_names_are_told_in_the_reader_s_language(boss):
    item = make_item(owner=boss)
    move_item(item.pk, to=stage(item.pipeline, "s2"), by=Actor.user(boss))
    with override("ru"):
        assert told(feed(item, boss))[0] == "Этап 1 → Этап 2"


def test_pages_of_the_feed_follow_without_gap_or_repetition(boss):
    item = make_item(owner=boss)
    for n in range(12):
        write_note(f"n{n}", by=SYSTEM, item_id=item.pk)
        edit_item(item.pk, {"amount": n + 1}, by=SYSTEM)
    everything = told(feed(item, boss, limit=100))
    pages, before = [], ""
    while True:
        page = feed(item, boss, before=before, limit=5)
        pages += told(page)
        before = page.after
        if not before:
            break
    assert pages == everything
    assert len(everything) == 25


def test_a_broken_cursor_begins_at_the_top(boss):
    item = make_item(owner=boss)
    for cursor in ("x", "1-2", "-1-1-1", "9" * 18 + "-0-1", "1" * 30 + "-0-1"):
        assert len(feed(item, boss, before=cursor).entries) == 1


def test_only_words_leaves_moves_and_changes_out(boss):
    item = make_item(owner=boss)
    write_note("hello", by=SYSTEM, item_id=item.pk)
    assert told(feed(item, boss, words=True)) == ["note hello"]


def test_a_client_s_feed_names_the_card_and_hides_cards_the_person_may_not_see(boss):
    seller = make_user("manager")
    client = make_client(seller)
    mine = make_item(owner=seller, title="Mine", contact=client.pk)
    theirs = make_item(mine.pipeline, owner=boss, title="Theirs", contact=client.pk)
    write_note("secret price", by=SYSTEM, item_id=theirs.pk)
    write_note("likes oak", by=SYSTEM, client_id=client.pk)
    entries = feed(client, seller).entries
    assert [e.note.text for e in entries if e.note] == ["likes oak"]
    assert {e.source.title for e in entries if e.source} == {"Mine"}
    assert {e.source.title for e in feed(client, boss).entries if e.source} == {"Mine", "Theirs"}


def test_the_title_of_a_hidden_card_is_not_told(boss):
    seller = make_user("manager")
    item = make_item(owner=seller)
    other = make_item(item.pipeline, owner=boss, title="Top secret")
    link_items(item.pk, other.pk, by=SYSTEM)
    assert told(feed(item, seller))[0] == "linked it with another card"
    assert told(feed(item, boss))[0] == "linked it with “Top secret”"


def test_a_deal_tells_the_history_of_the_lead_it_grew_out_of(boss):
    lead = make_item(make_pipeline(make_item_type("lead")), owner=boss, title="Enquiry")
    write_note("came by the site", by=SYSTEM, item_id=lead.pk)
    deal = convert_lead(lead.pk, by=Actor.user(boss), pipeline=make_pipeline())
    entry = next(e for e in feed(deal, boss).entries if e.note)
    assert (entry.note.text, entry.source.title) == ("came by the site", "Enquiry")


def test_the_number_of_queries_does_not_grow_with_the_history(boss, django_assert_max_num_queries):
    pipeline = make_pipeline(reasons=True)
    make_field(pipeline.item_type, "helper", "user")
    client = make_client(boss)
    item = make_item(pipeline, owner=boss, contact=client.pk)
    people = [make_user("manager") for _ in range(8)]
    for person in people:
        me = Actor.user(person)
        edit_item(item.pk, {"helper": person.pk, "contact": None}, by=SYSTEM)
        edit_item(item.pk, {"contact": client.pk}, by=SYSTEM)
        assign_owner(item.pk, to=person, by=SYSTEM)
        write_note("mine", by=me, item_id=item.pk)
    with django_assert_max_num_queries(14):
        assert len(feed(item, boss, limit=50).entries) > 30
    with django_assert_max_num_queries(14):
        feed(client, boss, limit=50)


def test_who_spoke_last_and_who_owes_the_next_step(boss):
    seller = make_user("manager", name="Petr")
    item = make_item(owner=seller)
    sentence = owes(item, planned(item))
    assert (sentence.spoke, sentence.owes, sentence.what) == (None, seller, "")
    write_note("asked for a discount", by=Actor.user(boss), item_id=item.pk)
    due = timezone.now() - timedelta(hours=1)
    plan_activity(Plan("call", "Answer", due), by=SYSTEM, item_id=item.pk)
    sentence = owes(Item.objects.get(pk=item.pk), planned(item))
    assert (sentence.spoke, sentence.how) == (boss, "note")
    assert (sentence.owes, sentence.what, sentence.until) == (seller, "Answer", due)
    assert sentence.late
