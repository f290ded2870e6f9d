"""Robots over HTTP: the list in words, a card's runs, the button; rights as everywhere."""

import pytest

from tests.automation.factories import make_robot
from tests.factories import make_item, make_pipeline
from voronka.automation.worker import drain

pytestmark = pytest.mark.django_db


def test_robots_are_listed_in_words(caller):
    owner, pipeline = caller(), make_pipeline()
    make_robot(pipeline, "created", code="greets")
    status, listed = owner.call("GET", f"/robots?pipeline={pipeline.code}")
    assert status == 200
    assert [(r["code"], r["trigger"]) for r in listed] == [("greets", "created")]
    assert listed[0]["sentence"].endswith(".")


def test_a_card_tells_its_runs_and_a_button_wakes_a_robot(caller):
    owner, pipeline = caller(), make_pipeline()
    make_robot(pipeline, "button", code="ring")
    item = make_item(pipeline)
    assert owner.call("POST", f"/items/{item.pk}/buttons/ring")[0] == 202
    drain()
    status, runs = owner.call("GET", f"/items/{item.pk}/robot-runs")
    assert (status, runs["items"][0]["state"], runs["next"]) == (200, "done", None)
    assert runs["items"][0]["actions"][0]["ok"]
    assert owner.call("POST", f"/items/{item.pk}/buttons/nothing")[0] == 422


def test_runs_of_a_hidden_card_are_not_found(caller):
    stranger = caller("manager")
    item = make_item()
    assert stranger.call("GET", f"/items/{item.pk}/robot-runs")[0] == 404
    assert stranger.call("POST", f"/items/{item.pk}/buttons/x")[0] == 404
