"""A post becomes a lead with its fields, grade, marks and consent (IN-4, Q7, QL-2)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.channels.conformance import Conformance
from tests.channels.forms.factories import SYSTEM, consent, make_form
from tests.people.factories import make_user
from voronka.channels.commands import ChannelSpec, receive, try_channel
from voronka.channels.contract import RawEvent, WebRequest
from voronka.channels.models import Enquiry
from voronka.channels.providers.forms.commands import FormSpec, change_form
from voronka.channels.providers.forms.models import ConsentText
from voronka.channels.providers.forms.provider import PROVIDER, event_of, opened_mark
from voronka.channels.queries import channel_of
from voronka.clients.models import Client
from voronka.items.models import Item, ResponseClock, Touch
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden, InvalidInput
from voronka.kernel.texts import LocalText
from voronka.timeline.models import Message

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "webhooks"
FORM = "application/x-www-form-urlencoded"


class TestForms(Conformance):
    provider = PROVIDER

    def sample_events(self):
        return [
            RawEvent("a", b'{"name": "Anna", "phone": "+79161234567"}', "application/json"),
            RawEvent("b", b"Name=Anna&Email=anna%40mail.ru&utm_source=ya", FORM),
            RawEvent("c", b"test=test", FORM),
        ]


def post(form, id_="one", **values):
    body = json.dumps(values).encode()
    return receive(channel_of(form.channel.code), RawEvent(id_, body, "application/json"))


def ours(**values):
    return {"_form": "1", "_t": opened_mark(timezone.now() - timedelta(minutes=1)), **values}


def test_the_usual_form_makes_a_lead():
    enquiry = post(make_form(), **ours(name="Анна", phone="8 916 123-45-67", message="Кухня"))
    item = enquiry.item
    assert (item.title, item.contact.name) == ("Заявка: Анна", "Анна")
    assert [p.value for p in item.contact.contact_points.all()] == ["+79161234567"]
    assert enquiry.message.text == "Кухня"


def test_bant_answers_give_the_grade_before_a_person_looks():
    fields = [
        {"name": "phone", "kind": "phone", "target": "phone"},
        {
            "name": "money",
            "kind": "select",
            "target": "item:budget",
            "choices": [{"value": "big"}, {"value": "small"}],
        },
    ]
    item = post(make_form(fields), phone="+79161234567", money="big").item
    assert (item.values, item.grade) == ({"budget": "big"}, "A")


def test_foreign_fields_are_guessed_and_strange_ones_are_kept():
    enquiry = post(
        make_form([]),
        **{"your-name": "Anna", "tel-12": "+79161234567", "size": "3 x 4", "_wpcf7": "7"},
        utm_source="yandex",
        page="https://shop.ru/kitchens?utm_campaign=spring",
    )
    assert enquiry.item.contact.name == "Anna"
    assert enquiry.item.utm == {"utm_source": "yandex", "utm_campaign": "spring"}
    assert enquiry.message.meta["fields"] == {"size": "3 x 4"}
    assert Touch.objects.get().page.startswith("https://shop.ru/")


def test_what_is_declared_outranks_what_could_be_guessed():
    fields = [{"name": "phone", "kind": "number", "target": "", "label": {"ru": "Штук"}}]
    enquiry = post(make_form(fields), phone="12", email="a@mail.ru")
    assert enquiry.message.meta["fields"] == {"Штук": "12"}
    assert enquiry.message.identity_value == "a@mail.ru"


def test_a_hidden_field_is_the_company_s_word():
    fields = [
        {"name": "phone", "kind": "phone", "target": "phone"},
        {"name": "what", "kind": "hidden", "target": "item:budget", "default": "small"},
    ]
    form = make_form(fields)
    assert post(form, "a", phone="+79161234567").item.values == {"budget": "small"}
    item = post(form, "b", phone="+79160000000", what="big").item
    assert item.values == {"budget": "small"}


def test_a_company_and_a_job_title_go_to_the_client():
    fields = [
        {"name": "phone", "kind": "phone", "target": "phone"},
        {"name": "company", "target": "company"},
        {"name": "job", "target": "client:job_title"},
    ]
    person = post(make_form(fields), phone="+79161234567", company="ООО Ромашка", job="CEO")
    client = person.item.contact
    assert client.job_title == "CEO"
    assert client.company_links.get().company.name == "ООО Ромашка"


def test_a_robot_is_kept_but_makes_no_card():
    form = make_form()
    filled = post(form, "a", **ours(phone="+79161234567", _hp="http://spam"))
    soon = {"_form": "1", "_t": opened_mark(timezone.now()), "phone": "+79161234567"}
    fast = post(form, "b", **soon)
    forged = post(form, "c", _form="1", _t="x.y", phone="+79161234567")
    for enquiry in (filled, fast, forged):
        assert enquiry.state == Enquiry.State.IGNORED
        assert enquiry.decision["why"]
    assert not Item.objects.exists()


def test_the_consent_is_kept_by_its_version():
    form = make_form(consent=consent(), consent_needed=True)
    spec = FormSpec(
        ChannelSpec("Site form", {}, form.channel.pipeline_id, owner_id=form.channel.owner_id),
        form.fields,
        consent=LocalText("Новое согласие"),
        consent_needed=True,
    )
    change_form(form.pk, spec, by=SYSTEM)
    change_form(form.pk, spec, by=SYSTEM)
    assert ConsentText.objects.count() == 2
    meta = post(form, phone="+79161234567", _consent="1").message.meta
    assert meta["consent"] == {
        "version": ConsentText.objects.get(version=1).pk,
        "text": "Согласен на обработку данных",
    }


def test_a_form_must_make_sense():
    with pytest.raises(InvalidInput) as refusal:
        make_form(
            [
                {"name": "1x"},
                {"name": "a", "target": "moon"},
                {"name": "b", "kind": "select"},
                {"name": "b"},
                {"name": "c", "target": "item:nothing"},
            ],
            hosts=["not a host"],
            redirect="javascript:alert(1)",
            consent_needed=True,
        )
    assert set(refusal.value.fields) == {
        "fields.0.name",
        "fields.1.target",
        "hosts",
        "redirect",
        "consent",
    } | {"fields.0.choices"} | {"fields.1.name"} | {"fields.2.target"}


def test_only_who_sets_up_makes_forms():
    form = make_form()
    spec = FormSpec(ChannelSpec("x", {}))
    with pytest.raises(Forbidden):
        change_form(form.pk, spec, by=Actor.user(make_user("manager")))


def test_one_drawing_of_the_form_is_one_enquiry_however_often_it_is_sent():
    body = json.dumps(ours(phone="+79161234567", _id="u-1")).encode()
    first, second = (event_of(WebRequest("POST", body, "application/json")) for _ in range(2))
    assert first.external_id == second.external_id == "id-u-1"
    named = WebRequest("POST", b"a=1", FORM, headers={"idempotency-key": "k"})
    assert event_of(named).external_id == "id-k"
    bare = [event_of(WebRequest("POST", b"a=1", FORM, address=a)) for a in ("1", "1", "2")]
    assert bare[0].external_id == bare[1].external_id != bare[2].external_id


def test_every_door_can_be_tried_and_leaves_nothing_behind():
    form = make_form()
    trial = try_channel(form.channel_id, by=SYSTEM)
    assert trial.ok, trial.problem
    assert trial.owner == form.channel.owner
    assert trial.took.total_seconds() < 60
    assert not Item.objects.alive().exists()
    assert not Client.objects.alive().exists()
    assert not ResponseClock.objects.exists()
    form.channel.refresh_from_db()
    assert form.channel.test_took == trial.took
    assert form.channel.last_received_at is None


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples do not lie beside the checkout")
def test_real_posts_of_tilda_and_wordpress():
    form = make_form([])
    channel = channel_of(form.channel.code)
    tilda = (SAMPLES / "tilda" / "check.form").read_bytes()
    assert receive(channel, RawEvent("t", tilda, FORM)).state == Enquiry.State.IGNORED
    wordpress = (SAMPLES / "wordpress-cf7" / "feedback.form").read_bytes()
    enquiry = receive(channel, RawEvent("w", wordpress, FORM))
    assert enquiry.item.contact.name == "Lab operator"
    assert enquiry.message.identity_value == "operator@example.com"
    assert enquiry.message.text == "日本語\n第二行"


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples do not lie beside the checkout")
def test_any_other_sample_is_kept_without_a_crash():
    channel = channel_of(make_form([]).channel.code)
    for number, file in enumerate(sorted(SAMPLES.glob("*/*"))):
        kind = {".form": FORM, ".json": "application/json"}.get(file.suffix, "text/plain")
        enquiry = receive(channel, RawEvent(f"s{number}", file.read_bytes(), kind))
        assert enquiry.state in {"carded", "ignored", "failed"}, file
        assert enquiry.state != "failed" or enquiry.error
    assert Message.objects.exists()
