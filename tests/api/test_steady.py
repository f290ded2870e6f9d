"""What a process remembers of the set-up never outlives a change made elsewhere (ADR 13)."""

import threading

import pytest
from django.db import connection

from tests.factories import SYSTEM, make_pipeline
from tests.people.factories import make_user
from voronka.kernel import remembering
from voronka.people.commands import change_user, close_account, revoke_token, save_role
from voronka.people.models import ApiToken, Role
from voronka.pipelines.models import Stage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_remembered():
    remembering.forget()
    yield
    remembering.forget()


def elsewhere(do):
    """Do something by another connection, as another process does."""
    failed = []

    def work():
        try:
            do()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed


@pytest.fixture
def seller(caller):
    make_user("owner")
    return caller("manager")


def make(seller, pipeline, **more):
    return seller.call("POST", "/items", {"pipeline": pipeline.code, "title": "Кухня", **more})


def test_a_stage_asks_for_a_field_from_the_next_request_on(seller):
    pipeline = make_pipeline()
    for _ in range(2):
        status, item = make(seller, pipeline)
        assert status == 201
    assert seller.call("POST", f"/items/{item['id']}/move", {"stage": "s2"})[0] == 200
    elsewhere(
        lambda: Stage.objects.filter(pipeline=pipeline, code="s3").update(required=["amount"])
    )
    status, refused = seller.call("POST", f"/items/{item['id']}/move", {"stage": "s3"})
    assert (status, refused["code"]) == (422, "gate")
    elsewhere(lambda: Stage.objects.filter(pipeline=pipeline, code="s3").update(required=[]))
    assert seller.call("POST", f"/items/{item['id']}/move", {"stage": "s3"})[0] == 200


def test_a_right_that_is_taken_away_is_gone_at_the_next_request(seller):
    pipeline = make_pipeline()
    assert make(seller, pipeline)[0] == 201
    role = Role.objects.get(code="manager")
    matrix = {**role.matrix, "*": {**role.matrix.get("*", {}), "add": "none"}}
    elsewhere(
        lambda: save_role(
            role.pk, code=role.code, name=role.name, matrix=matrix, rights=role.rights, by=SYSTEM
        )
    )
    assert make(seller, pipeline)[0] == 403


def test_another_role_counts_at_the_next_request(seller):
    pipeline = make_pipeline()
    assert make(seller, pipeline)[0] == 201
    role = Role.objects.create(code="nobody", name={"ru": "Никто"}, matrix={}, rights=[])
    elsewhere(lambda: change_user(seller.user.pk, by=SYSTEM, role=role))
    assert make(seller, pipeline)[0] in {403, 422}


def test_who_is_dismissed_or_whose_key_is_revoked_is_a_stranger_at_once(seller, caller):
    pipeline = make_pipeline()
    other = caller("manager")
    boss = caller("owner")
    given = {"owner_id": other.user.pk}
    assert make(seller, pipeline)[0] == 201 == make(other, pipeline)[0]
    assert make(boss, pipeline, **given)[0] == 201
    elsewhere(lambda: close_account(other.user.pk, by=SYSTEM))
    assert make(other, pipeline)[0] == 401
    assert make(boss, pipeline, **given)[0] == 422  # no longer here
    token = ApiToken.objects.get(user=seller.user)
    elsewhere(lambda: revoke_token(token.pk, by=SYSTEM))
    assert make(seller, pipeline)[0] == 401
