"""Whose role masks contacts meets them at no face, and is shown each by a click that is counted.

A new face that writes contacts belongs into `faces`.
"""

import json
import re

import pytest
from django.test import Client as Http
from django.urls import reverse

from tests.channels.factories import make_channel, write_in
from tests.clients.factories import make_client
from tests.factories import make_field, make_item, make_item_type, make_pipeline
from tests.people.factories import make_role, make_user
from tests.web.inbox.scene import make_talk
from voronka.automation import telephony
from voronka.automation.models import Errand
from voronka.clients.models import Client, ContactPoint
from voronka.exports.commands import may_export_all
from voronka.items.commands import edit_item
from voronka.journal.actors import Actor
from voronka.journal.models import Event, Reading
from voronka.kernel.errors import Forbidden
from voronka.people.access import RIGHTS, TOKEN_SCOPES
from voronka.people.commands import change_profile, change_user, create_token
from voronka.people.models import User
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.timeline.models import Notification

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
ALL = dict.fromkeys(("see", "add", "change", "move", "delete", "export"), "all")
PHONE, EMAIL, ACCOUNT = "+79161237788", "zinaida@private.example", "zinatelegram"
TYPED = "8 9 1 6 1 2 3 77 88"  # the phone, so that its echo is no leak
NAMELESS = "+79035556677"
SECRETS = re.compile(r"916\D{0,4}123|9161237788|zinaida@|zinatelegram|903\D{0,4}555|9035556677")
MASKED = "+7 ••• •••-77-88"


class Scene:
    """A client with every kind of contact, a card, a talk, a double; and a person who reads."""

    def __init__(self, *, hides: bool) -> None:
        role = make_role(
            matrix={"*": ALL, "client": ALL}, rights=list(RIGHTS), hides_contacts=hides
        )
        self.me = make_user(role)
        kind = make_item_type("deal", has_client=True)
        self.funnel = make_pipeline(kind)
        make_field(kind, "second_phone", "phone")
        self.talk = make_talk(self.me, name="Zinaida", **{"from": [["phone", PHONE]]})
        self.client = self.talk.client
        for point_kind, value in (("email", EMAIL), ("telegram", ACCOUNT)):
            ContactPoint.objects.create(client=self.client, kind=point_kind, value=value)
        self.double = make_client("Zinaida B", phones=(PHONE,), owner=self.me)
        self.nameless = Client.objects.get(pk=make_client(phones=(NAMELESS,), owner=self.me).pk)
        Client.objects.filter(pk=self.nameless.pk).update(name=NAMELESS)
        self.card = make_item(
            self.funnel, owner=self.me, title="Kitchen", contact=self.client.pk,
            company=make_client("Firm", kind="company", emails=(EMAIL,), owner=self.me).pk,
        )  # fmt: skip
        self.other = make_item(self.funnel, owner=self.me, title="Hall", contact=self.nameless.pk)
        edit_item(self.card.pk, {"second_phone": PHONE}, by=Actor.user(self.me))
        plan_activity(Plan("call", "Call", None), item_id=self.card.pk, by=Actor.user(self.me))
        self.http = Http()
        self.http.force_login(self.me)
        token = create_token(
            self.me.pk, name="test", scopes=tuple(TOKEN_SCOPES), by=Actor.user(self.me)
        )
        self.key = {"HTTP_AUTHORIZATION": f"Bearer {token[1]}"}

    def page(self, path: str, **query) -> str:
        answer = self.http.get(path, query, headers={"HX-Request": "true"})
        assert answer.status_code == 200, (path, answer.status_code)
        return read(answer)

    def rest(self, path: str) -> str:
        answer = self.http.get(f"/api/v1{path}", **self.key)
        assert answer.status_code == 200, (path, answer.status_code)
        return json.dumps(answer.json(), ensure_ascii=False)

    @property
    def point(self) -> ContactPoint:
        return self.client.contact_points.get(kind="phone")

    def url(self, name: str, *args: object) -> str:
        return reverse(f"clients:{name}", args=[self.client.pk, *args])


def read(answer) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode("utf-8-sig")


def faces(s: Scene) -> dict[str, str]:
    """Return what each face that may write a contact writes."""
    funnel, card, client, talk = s.funnel.pk, s.card.pk, s.client.pk, s.talk.pk
    columns = {"columns": "title,contact,company,second_phone"}
    found = {
        "client": s.page(f"/clients/{client}/"),
        "client left": s.page(f"/clients/{client}/left"),
        "client feed": s.page(f"/clients/{client}/feed"),
        "clients": s.page("/clients/"),
        "clients found by the whole phone": s.page("/clients/", q=TYPED),
        "nameless client": s.page(f"/clients/{s.nameless.pk}/"),
        "doubles": s.page("/clients/duplicates/"),
        "merge": s.page(f"/clients/{client}/merge/{s.double.pk}"),
        "choice of a double": s.page(f"/clients/{client}/merge"),
        "contact to be corrected": s.page(s.url("change_contact", s.point.pk)),
        "exclusion": s.page(reverse("exclusions:new"), client=client),
        "company": s.page(f"/clients/{s.card.company_id}/"),
        "card": s.page(f"/cards/{card}/"),
        "card side": s.page(f"/cards/{card}/side"),
        "card feed": s.page(f"/cards/{card}/feed"),
        "field": s.page(f"/cards/{card}/field/second_phone"),
        "board": s.page(f"/board/{funnel}/"),
        "list": s.page(f"/list/{funnel}/", **columns),
        "export": s.page(f"/list/{funnel}/export", **columns),
        "search": s.page("/search/", q=TYPED),
        "palette": s.page("/search/palette", q=TYPED),
        "palette by name": s.page("/search/palette", q="Zinaida"),
        "choice of a client": s.page("/fields/clients", q=TYPED),
        "my day": s.page(reverse("my_day:index")),
        "inbox": s.page(reverse("inbox:index")),
        "talk": s.page(reverse("inbox:show", args=[talk])),
        "talk facts": s.page(reverse("inbox:facts", args=[talk])),
        "notices": s.page(reverse("notifications:index")),
        "audit": s.page("/audit/"),
        "audit export": s.page("/audit/export/"),
        "REST client": s.rest(f"/clients/{client}"),
        "REST clients": s.rest("/clients"),
        "REST card": s.rest(f"/items/{card}"),
        "REST cards": s.rest("/items"),
    }
    return found


def test_no_face_lets_a_masked_contact_out(db):
    scene = Scene(hides=True)
    leaks = {face: SECRETS.findall(text)[:2] for face, text in faces(scene).items()}
    assert {face: found for face, found in leaks.items() if found} == {}


def test_the_faces_that_are_watched_do_write_contacts_for_others(db):
    scene = Scene(hides=False)
    silent = [face for face, text in faces(scene).items() if not SECRETS.search(text)]
    assert set(silent) <= {
        "palette by name", "notices", "card feed", "client feed", "choice of a double", "inbox",
    }  # fmt: skip


def test_a_masked_contact_is_shown_one_by_one_counted_and_journalled(db):
    scene = Scene(hides=True)
    assert MASKED in scene.page(f"/clients/{scene.client.pk}/")
    answer = scene.http.post(scene.url("reveal", scene.point.pk))
    assert f"tel:{PHONE}" in read(answer)
    event = Event.objects.get(verb="client.contact_shown")
    assert (event.actor_user_id, event.subject_id) == (scene.me.pk, scene.client.pk)
    assert event.diff == {"kind": "phone", "contact": scene.point.pk, "owner_id": scene.me.pk}
    reading = Reading.objects.get(subject_type="contact")
    assert (reading.reader_id, reading.subject_id) == (scene.me.pk, scene.point.pk)
    assert MASKED in scene.page(f"/clients/{scene.client.pk}/")  # it stays masked elsewhere
    rows = scene.http.get("/audit/readings/", {"about": "contact"}).context["rows"]
    assert [row.url for row in rows] == [reverse("clients:show", args=[scene.client.pk])]


def test_a_contact_of_a_hidden_client_is_not_shown(db):
    scene = Scene(hides=True)
    change_user(scene.me.pk, role=make_role(hides_contacts=True), by=SYSTEM)
    assert scene.http.post(scene.url("reveal", scene.point.pk)).status_code == 404
    assert not Event.objects.filter(verb="client.contact_shown").exists()


def test_masked_contacts_are_found_whole_only_so_that_nobody_guesses_them(db):
    scene = Scene(hides=True)
    for q, found in [(PHONE, True), ("89161237788", True), ("1237788", False), (EMAIL, True)]:
        assert (f"/clients/{scene.client.pk}/" in scene.page("/clients/", q=q)) is found, q
        assert (f"/clients/{scene.client.pk}/" in scene.page("/search/", q=q)) is found, q
        assert (f"/cards/{scene.card.pk}/" in scene.page(f"/list/{scene.funnel.pk}/", q=q)) is found


def test_what_comes_back_masked_changes_nothing(db):
    scene = Scene(hides=True)
    change = {"value": MASKED, "label": "home"}
    assert scene.http.post(scene.url("change_contact", scene.point.pk), change).status_code == 200
    assert (scene.point.value, scene.point.label) == (PHONE, "home")
    place = reverse("card:field", args=[scene.card.pk, "second_phone"])
    assert scene.http.post(place, {"f-second_phone": MASKED}).status_code == 200
    scene.card.refresh_from_db()
    assert scene.card.values["second_phone"] == PHONE
    scene.http.post(place, {"f-second_phone": "+7 903 111-22-33"})
    scene.card.refresh_from_db()
    assert scene.card.values["second_phone"] == "+79031112233"


def test_a_notice_calls_a_nameless_client_by_the_masked_phone(db):
    scene = Scene(hides=True)
    channel = make_channel(owner=scene.me)
    for text in ("Hello", "Are you there?"):
        write_in(channel, name="", text=text, thread_key="t", **{"from": [["phone", NAMELESS]]})
    told = Notification.objects.filter(user=scene.me).values_list("text", flat=True)
    assert "+7 ••• •••-66-77: Are you there?" in told
    assert not [text for text in told if SECRETS.search(text)]


class Phones:
    """A telephony that is there."""

    code = "double"

    def start_call(self, request, /):
        return telephony.CallAnswer(True)


@pytest.fixture
def phones():
    double = Phones()
    telephony.connect(double)
    yield double
    telephony.disconnect(double)


def test_a_telephony_calls_with_one_click_without_showing_the_number(db, phones):
    scene = Scene(hides=True)
    place = scene.url("call", scene.point.pk)
    assert place in scene.page(f"/clients/{scene.client.pk}/left")
    refused = scene.http.post(place, headers={"HX-Request": "true"})
    assert (refused.status_code, Errand.objects.filter(kind="call").count()) == (409, 0)
    change_profile(scene.me.pk, phone="+79160000001", by=Actor.user(scene.me))
    answer = scene.http.post(place)
    assert answer.status_code == 204
    assert not SECRETS.search(str(answer.headers))
    errand = Errand.objects.get(kind="call")
    assert (errand.payload["user_phone"], errand.payload["client_phone"]) == ("+79160000001", PHONE)
    assert Event.objects.filter(verb="client.called", actor_user_id=scene.me.pk).count() == 1


def test_without_a_telephony_no_call_is_offered(db):
    scene = Scene(hides=True)
    assert scene.url("call", scene.point.pk) not in scene.page(f"/clients/{scene.client.pk}/left")
    assert scene.http.post(scene.url("call", scene.point.pk)).status_code == 409


def test_whoever_sees_masked_gives_nobody_the_sight_nor_takes_the_archive(db):
    scene = Scene(hides=True)
    me = User.objects.select_related("role").get(pk=scene.me.pk)
    assert not may_export_all(Actor.user(me))
    with pytest.raises(Forbidden):
        change_user(me.pk, role=make_role(matrix={"*": ALL, "client": ALL}), by=Actor.user(me))
