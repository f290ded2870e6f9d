"""Texts at hand: which fit a card, what they say there, how often they are used (TL-8)."""

from itertools import count

import pytest
from django.utils import timezone

from tests.channels.factories import SYSTEM, make_channel, write_in
from tests.factories import make_item, make_pipeline
from tests.people.factories import make_user
from voronka.channels.commands import (
    TemplateSpec,
    archive_template,
    restore_template,
    save_template,
    send_message,
)
from voronka.channels.templates import at_hand, filled, placeholders_for, templates_for
from voronka.channels.usefulness import Use, answer_key, answers_in_use, uses
from voronka.items.commands import lose_item, win_item
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden, InvalidInput
from voronka.kernel.texts import LocalText
from voronka.timeline.models import Conversation, Message

pytestmark = pytest.mark.django_db
_numbers = count(1)


def template(name="Hello", text="Hi", **extra):
    return save_template(TemplateSpec(name, text, **extra), by=SYSTEM)


def test_a_card_sees_its_stage_first_then_its_funnel_then_everybodys(django_assert_num_queries):
    item = make_item()
    other = make_pipeline()
    everywhere = template("everywhere")
    funnel = template("funnel", pipeline_id=item.pipeline_id)
    stage = template("stage", stage_id=item.stage_id)
    template("another stage", stage_id=item.pipeline.stages.exclude(pk=item.stage_id)[0].pk)
    template("another funnel", pipeline_id=other.pk)
    with django_assert_num_queries(1):
        found = templates_for(item)
    assert found == [stage, funnel, everywhere]
    assert templates_for(None) == [everywhere]
    archive_template(stage.pk, by=SYSTEM)
    assert stage not in templates_for(item)
    restore_template(stage.pk, by=SYSTEM)
    assert templates_for(item)[0] == stage


def test_a_template_speaks_in_the_words_of_the_card_and_of_nothing_else():
    write_in(make_channel(), name="{owner} Анна", text="x")
    item = Item.objects.get()
    greeting = template(
        "Hi", "Здравствуйте, {client.first_name}! {owner} {nobody}", subject="{title}"
    )
    said = filled(greeting, item, now=timezone.now())
    assert said.text == f"Здравствуйте, {item.contact.first_name}! {item.owner.name} {{nobody}}"
    assert said.subject == item.title
    codes = {spec.code for spec in placeholders_for(item.pipeline)}
    assert {"title", "owner", "client.first_name"} <= codes
    assert not {"next_step", "stage_kind"} & codes


def test_uses_are_counted_and_the_most_used_come_first():
    write_in(make_channel(), thread_key="chat")
    talk = Conversation.objects.get()
    a, b = template("a"), template("b")
    sent = send_message(
        channel_id=talk.channel_id, conversation_id=talk.pk, text="x", by=SYSTEM, template_id=b.pk
    )
    assert sent.meta["template"] == b.pk
    assert [(t.name, t.uses) for t in templates_for(talk.item)] == [("b", 1), ("a", 0)]
    with pytest.raises(InvalidInput):
        send_message(
            channel_id=talk.channel_id, conversation_id=talk.pk, text="", by=SYSTEM,
            template_id=a.pk,
        )  # fmt: skip
    a.refresh_from_db()
    assert a.uses == 0


def test_an_empty_template_or_a_foreign_place_is_refused_at_its_field():
    with pytest.raises(InvalidInput) as refusal:
        save_template(TemplateSpec(" ", " ", stage_id=0), by=SYSTEM)
    assert set(refusal.value.fields) == {"name", "text", "place"}
    with pytest.raises(Forbidden):
        save_template(TemplateSpec("a", "b"), by=Actor.user(make_user()))


def closed_after(channel, how, n, **text):
    """Let `n` clients write, be answered with a text, and their cards be won or lost."""
    for number in range(n):
        who = f"{how}-{number}-{next(_numbers)}"
        write_in(channel, who, **{"from": [["email", f"{who}@example.com"]]})
        item = Item.objects.latest("pk")
        talk = Conversation.objects.get(item=item)
        send_message(channel_id=channel.pk, conversation_id=talk.pk, text="Hi", by=SYSTEM, **text)
        if how == "won":
            win_item(item.pk, by=SYSTEM)
        else:
            reason = item.pipeline.loss_reasons.first()
            lose_item(item.pk, by=SYSTEM, reason=reason)
    return item


def test_what_wins_in_own_data_stands_first_and_one_lucky_card_is_not_the_best():
    channel = make_channel()
    write_in(channel, "mine")
    card = Item.objects.get()
    poor, good, lucky = (template(name, stage_id=card.stage_id) for name in ("a", "b", "c"))
    closed_after(channel, "lost", 3, template_id=poor.pk)
    closed_after(channel, "won", 1, template_id=poor.pk)
    closed_after(channel, "won", 6, template_id=good.pk)
    closed_after(channel, "lost", 1, template_id=good.pk)
    closed_after(channel, "won", 1, template_id=lucky.pk)
    hand = at_hand(card, now=timezone.now())
    assert hand.stage == [good, lucky, poor]
    assert hand.use(good) == Use(used=7, closed=7, won=6)
    assert hand.use(poor) == Use(used=4, closed=4, won=1)


def test_only_this_stages_texts_and_answers_stand_first(django_assert_num_queries):
    channel = make_channel()
    write_in(channel, "mine")
    card = Item.objects.get()
    said = [LocalText("Дорого", ""), LocalText("Надо подумать", "")]
    card.stage.objections = [
        {"objection": one.as_dict(), "answer": {"ru": "Сравним", "en": ""}} for one in said
    ]
    card.stage.save()
    everywhere = template("everywhere")
    here = template("here", stage_id=card.stage_id)
    template("elsewhere", stage_id=card.pipeline.stages.exclude(pk=card.stage_id)[0].pk)
    closed_after(channel, "won", 2, answer=answer_key(said[1]))
    card = Item.objects.select_related("stage").get(pk=card.pk)
    with django_assert_num_queries(3):
        hand = at_hand(card, now=timezone.now())
    assert (hand.stage, hand.others) == ([here], [everywhere])
    assert [one.objection.ru for one in hand.answers] == ["Надо подумать", "Дорого"]
    assert hand.answers[0].use == Use(2, 2, 2)
    [(stage, answer)] = answers_in_use(at=timezone.now())
    assert (stage, answer.use.won) == (card.stage, 2)


def test_a_message_that_never_went_and_a_card_closed_before_it_say_nothing_of_a_text():
    channel = make_channel()
    mine = template()
    item = closed_after(channel, "won", 1)
    talk = Conversation.objects.get(item=item)
    send_message(
        channel_id=channel.pk, conversation_id=talk.pk, text="After", by=SYSTEM, template_id=mine.pk
    )
    assert uses("template", at=timezone.now())[str(mine.pk)] == Use(1, 0, 0)
    Message.objects.filter(meta__has_key="template").update(state=Message.State.CANCELLED)
    assert uses("template", at=timezone.now()) == {}
