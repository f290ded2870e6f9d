"""A double of a client is found: the open cards of both hear of it (RB-5, IN-11)."""

import pytest

from tests.automation.factories import make_robot
from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_item, make_pipeline
from voronka.automation.models import RobotRun
from voronka.automation.worker import drain
from voronka.clients.commands import add_contact_point, edit_client, set_not_duplicates
from voronka.items.commands import win_item

pytestmark = pytest.mark.django_db
PHONE = "+7 900 000-00-01"


@pytest.fixture
def pipeline():
    pipeline = make_pipeline()
    make_robot(pipeline, "double_found")
    return pipeline


def told():
    """The cards on which the robot has acted."""
    drain()
    return set(RobotRun.objects.filter(state="done").values_list("item_id", flat=True))


def test_a_new_client_with_a_known_phone_wakes_the_open_cards_of_the_old_one(pipeline):
    anna = make_client("Анна", phones=(PHONE,))
    open_card, closed = (make_item(pipeline, contact=anna.pk) for _n in range(2))
    win_item(closed.pk, by=SYSTEM)
    make_item(pipeline)
    assert told() == set()
    make_client("Аня", phones=(PHONE,))
    assert told() == {open_card.pk}


def test_a_contact_that_is_added_later_wakes_the_cards_of_both(pipeline):
    anna, other = make_client("Анна", phones=(PHONE,)), make_client("Аня")
    cards = {make_item(pipeline, contact=client.pk).pk for client in (anna, other)}
    add_contact_point(other.pk, "phone", "+7 900 000-00-02", by=SYSTEM)
    assert told() == set()
    add_contact_point(other.pk, "phone", PHONE, by=SYSTEM)
    assert told() == cards


def test_the_same_taxpayer_number_counts_and_a_like_name_does_not(pipeline):
    first = make_client("ООО Ромашка", kind="company", inn="7707083893")
    second = make_client("ООО Ромашка", kind="company")
    card = make_item(pipeline, company=first.pk)
    assert told() == set()
    edit_client(second.pk, {"inn": "7707083893"}, by=SYSTEM)
    assert told() == {card.pk}


def test_those_who_were_told_apart_are_no_doubles(pipeline):
    anna, other = make_client("Анна", phones=(PHONE,)), make_client("Аня")
    make_item(pipeline, contact=anna.pk)
    set_not_duplicates(anna.pk, other.pk, by=SYSTEM)
    add_contact_point(other.pk, "phone", PHONE, by=SYSTEM)
    assert told() == set()
