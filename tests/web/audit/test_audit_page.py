"""The audit page: filters, download, and the check of the chain."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_item
from tests.journal.tampering import asleep
from tests.people.factories import make_role, make_user
from voronka.journal.actors import Actor
from voronka.journal.commands import record, seal_journal
from voronka.journal.models import Event

pytestmark = pytest.mark.django_db
URL = "/audit/"


def read(answer):
    return b"".join(answer.streaming_content).decode()


def test_the_journal_is_read_by_those_with_the_right_only(client):
    for code, status in [("owner", 200), ("controller", 200), ("manager", 403)]:
        client.force_login(make_user(code))
        assert client.get(URL).status_code == status


def test_every_event_has_a_sentence_and_removed_subjects_keep_a_name(client):
    owner = make_user("owner")
    item = make_item(title="A kitchen")
    record("item.deleted", item, by=Actor.user(owner), title=item.title)
    record("odd.thing_happened", item, by=Actor.system("The robot"))
    client.force_login(owner)
    page = client.get(URL).content.decode()
    assert "A kitchen" in page
    assert "The robot" in page


def test_filters_narrow_the_list_and_nonsense_is_left_out(client):
    owner, other = make_user("owner"), make_user()
    record("user.changed", other, by=Actor.user(other), changes={"name": ["Old", "New"]})
    client.force_login(owner)

    def found(**query):
        return [line.event.verb for line in client.get(URL, query).context["lines"]]

    assert found(who=other.pk) == ["user.changed"]
    assert found(about="user", number=other.pk, verb="user.ch") == ["user.changed"]
    assert found(verb="changed", about="user") == ["user.changed"]
    assert found(verb="changed", about="item") == []
    assert found(verb="user.changed", who=other.pk) == ["user.changed"]
    assert (
        '<option value="changed" selected>' in client.get(URL, {"verb": "changed"}).content.decode()
    )
    page = client.get(URL, {"verb": "user.ch"}).content.decode()
    assert '<option value="user.ch" selected>' in page
    assert found(since=timezone.localdate() + timedelta(days=1)) == []
    assert found(who="x", number="-1", since="31.31.2026", after="abc")
    assert "Old → New" in client.get(URL, {"who": other.pk}).content.decode()


def test_only_those_who_may_export_download_it_and_that_is_journalled(client):
    client.force_login(make_user("controller"))
    assert client.get(URL + "export/").status_code == 403
    owner = make_user("owner", name="=cmd()")
    client.force_login(owner)
    text = read(client.get(URL + "export/", {"about": "user"}))
    assert text.startswith("\ufeff")
    assert "'=cmd()" in text
    assert ",=cmd()" not in text
    assert Event.objects.filter(verb="user.audit_exported", actor_user_id=owner.pk).exists()


def test_a_role_with_the_scope_all_may_export(client):
    role = make_role(matrix={"*": {"see": "all", "export": "all"}}, rights=["audit"])
    client.force_login(make_user(role))
    assert client.get(URL + "export/").status_code == 200


def test_the_check_tells_an_unbroken_chain_from_a_broken_one(client):
    owner = make_user("owner")
    client.force_login(owner)
    seal_journal(until=timezone.now() + timedelta(seconds=1))
    check = reverse("audit:check")
    assert client.post(check).context["broken"] is None
    with asleep(), connection.cursor() as cursor:
        cursor.execute("UPDATE journal_event SET verb = 'user.praised'")
    answer = client.post(check)
    assert answer.context["broken"]
    assert "alert-danger" in answer.content.decode()
