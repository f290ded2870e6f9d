"""The page of message templates, and their menu in the composer (TL-8)."""

import re

import pytest
from django.urls import reverse

from tests.channels.factories import SYSTEM, make_channel, write_in
from tests.factories import make_item
from tests.people.factories import make_user
from voronka.channels.commands import TemplateSpec, save_template
from voronka.channels.models import MessageTemplate
from voronka.channels.usefulness import answer_key
from voronka.items.models import Item
from voronka.kernel.texts import LocalText
from voronka.timeline.models import Conversation, Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client):
    client.force_login(make_user("owner"))
    return client


def test_a_template_is_written_changed_put_away_and_brought_back(browser):
    item = make_item()
    form = {"name": "Прайс", "text": "Вот <b>прайс</b>", "place": f"stage-{item.stage_id}"}
    assert browser.post(reverse("templates:new"), form).status_code == 204
    row = MessageTemplate.objects.get()
    assert (row.stage, row.pipeline) == (item.stage, item.pipeline)
    page = browser.get(reverse("templates:index")).content.decode()
    assert "Вот &lt;b&gt;прайс" in page
    edit = reverse("templates:edit", args=[row.pk])
    assert f'value="stage-{item.stage_id}" selected' in browser.get(edit).content.decode()
    browser.post(edit, form | {"place": ""})
    row.refresh_from_db()
    assert (row.stage, row.pipeline) == (None, None)
    browser.post(reverse("templates:archive", args=[row.pk]))
    row.refresh_from_db()
    assert row.archived_at is not None
    browser.post(reverse("templates:restore", args=[row.pk]))
    row.refresh_from_db()
    assert row.archived_at is None


def test_what_is_missing_is_said_in_the_dialog_and_what_was_typed_stays(browser):
    answer = browser.post(reverse("templates:new"), {"name": "", "text": "typed"})
    assert answer.status_code == 422
    assert "typed" in answer.content.decode()
    assert not MessageTemplate.objects.exists()


def test_the_preview_reads_as_at_a_real_card_and_what_a_client_wrote_stays_text(browser):
    make_item(title="<i>Lamps</i>")
    seen = browser.post(reverse("templates:preview"), {"text": "About {title}"}).content.decode()
    assert "About &lt;i&gt;Lamps&lt;/i&gt;" in seen
    places = browser.post(reverse("templates:places"), {"place": ""}).content.decode()
    assert 'data-insert="{title}"' in places


def test_only_who_sets_up_may_change_templates_and_only_who_sees_a_card_may_pick_at_it(client):
    item = make_item()
    save_template(TemplateSpec("Hello", "Hi"), by=SYSTEM)
    client.force_login(make_user())
    assert client.get(reverse("templates:index")).status_code == 403
    assert client.get(reverse("templates:pick", args=[item.pk])).status_code == 404
    client.force_login(item.owner)
    picked = client.get(reverse("templates:pick", args=[item.pk])).content.decode()
    assert 'data-insert="Hi"' in picked
    assert reverse("templates:index") not in picked


def test_an_answer_made_of_a_template_counts_it(client):
    write_in(make_channel(), thread_key="chat")
    item, talk = Item.objects.get(), Conversation.objects.get()
    row = save_template(TemplateSpec("Hello", "Hi"), by=SYSTEM)
    client.force_login(item.owner)
    page = client.get(reverse("inbox:show", args=[talk.pk])).content.decode()
    assert reverse("templates:pick", args=[item.pk]) in page
    way = page.split('name="way"')[1].split('value="')[1].split('"')[0]
    send = reverse("inbox:send", args=[talk.pk])
    client.post(send, {"way": way, "text": "Hi", "template": row.pk})
    row.refresh_from_db()
    assert row.uses == 1
    assert talk.messages.filter(meta__template=row.pk).exists()


def test_an_answer_to_an_objection_is_offered_and_the_message_remembers_it(browser):
    channel = make_channel()
    write_in(channel)
    talk = Conversation.objects.get()
    stage = talk.item.stage
    stage.objections = [{"objection": {"ru": "Дорого"}, "answer": {"ru": "Давайте сравним"}}]
    stage.save()
    menu = browser.get(reverse("templates:pick", args=[talk.item_id])).content.decode()
    key = answer_key(LocalText("Дорого"))
    assert f'data-insert-template="answer:{key}"' in menu
    assert "Давайте сравним" in menu
    page = browser.get(f"/inbox/{talk.pk}/").content.decode()
    way = {"way": re.search(r'<option value="([^"]+)"', page[page.index('name="way"') :])[1]}
    answer = {**way, "text": "Давайте сравним", "template": f"answer:{key}"}
    browser.post(reverse("inbox:send", args=[talk.pk]), answer)
    assert Message.objects.get(direction="out").meta["answer"] == key
    assert "Дорого" in browser.get(reverse("templates:index")).content.decode()
