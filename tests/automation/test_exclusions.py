"""A robot that excludes a client: by which contacts, how long, and in which words."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from tests.automation.factories import make_robot, run
from tests.clients.factories import make_client
from tests.factories import (
    make_item,
    make_pipeline,
)
from voronka.automation.models import RobotRun
from voronka.automation.naming import RobotNames
from voronka.automation.words import say
from voronka.automation.worker import drain
from voronka.clients.models import Exclusion
from voronka.items.models import Item
from voronka.journal.models import Event
from voronka.pipelines.errors import InvalidSetup

pytestmark = pytest.mark.django_db


def test_a_client_is_excluded_by_the_chosen_contacts_for_a_term():
    supplier = make_client(
        phones=("+7 916 123-45-67",),
        emails=("sales@boards.example", "boards@gmail.com"),
        accounts=("telegram:boards",),
    )
    settings = {
        "reason": "supplier",
        "contacts": ["phone", "domain"],
        "term": "30d calendar",
        "comment": "Плиты",
    }
    _item, lines = run(make_pipeline(), ("exclude", settings), contact=supplier.pk)
    rows = {(r.identity_kind, r.identity_value): r for r in Exclusion.objects.all()}
    assert set(rows) == {("phone", "+79161234567"), ("domain", "boards.example")}
    row = rows["domain", "boards.example"]
    assert (row.reason, row.comment, row.client_id) == ("supplier", "Плиты", supplier.pk)
    assert timedelta(days=29) < row.until - timezone.now() <= timedelta(days=30)
    assert "boards.example" in lines[0]["text"]["ru"]
    assert Event.objects.filter(verb="exclusion.added", actor_kind="robot").count() == 2


def test_who_is_excluded_already_or_has_no_contact_is_left_alone():
    spammer = make_client(emails=("win@prize.example",))
    pipeline = make_pipeline()
    item, _lines = run(pipeline, ("exclude", {}), contact=spammer.pk)
    assert Exclusion.objects.get().until is None
    assert Item.objects.get(pk=item.pk).closed_at is None  # the card stays where it is
    for client in (spammer, make_client(), None):
        card = make_item(pipeline, contact=client.pk if client else None)
        drain()
        told = RobotRun.objects.filter(item=card).latest("pk").explanation["actions"]
        assert told[0]["nothing"]
    assert Exclusion.objects.count() == 1


@pytest.mark.parametrize("settings", [{"reason": "enemy"}, {"contacts": []}, {"contacts": ["fax"]}])
def test_an_exclusion_says_whom_and_by_what(settings):
    with pytest.raises(InvalidSetup):
        make_robot(make_pipeline(), "created", ("exclude", settings))


def test_an_exclusion_reads_as_a_sentence_in_both_languages():
    pipeline = make_pipeline()
    robot = make_robot(
        pipeline, "created", ("exclude", {"reason": "applicant", "term": "90d calendar"})
    )
    said = {}
    for language in ("ru", "en"):
        with override(language):
            said[language] = say(robot, RobotNames(pipeline.item_type, pipeline)).actions
    assert said == {
        "ru": [
            "внести клиента в исключения на 90 дней календарного времени (Соискатель):"
            " телефоны, адреса почты, аккаунты в мессенджерах"
        ],
        "en": [
            "exclude the client for 90 days of calendar time (Job seeker):"
            " phones, e-mail addresses, accounts in messengers"
        ],
    }
