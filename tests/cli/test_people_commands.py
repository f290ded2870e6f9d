"""`voronka user` and `voronka token`."""

from contextlib import nullcontext

import pytest
import typer
from typer.testing import CliRunner

from tests.people.factories import make_user
from voronka.cli import token, user
from voronka.kernel.errors import NotFound
from voronka.people import commands
from voronka.people.models import ApiToken, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(monkeypatch):
    """Run a command line inside the test's own database."""
    monkeypatch.setattr("voronka.cli.session.ready", nullcontext)
    app = typer.Typer()
    for module in (user, token):
        module.register(app)

    def call(line, *, password="Longer-than-ten-7"):
        result = CliRunner().invoke(
            app, line.split(), env={"VORONKA_PASSWORD": password}, catch_exceptions=False
        )
        assert result.exit_code == 0, result.output
        return result.output.strip()

    return call


def test_the_first_owner_is_added_and_logs_in(run):
    assert run("user add boss@example.com --name Boss --role owner") == "boss@example.com: owner"
    assert commands.log_in("boss@example.com", "Longer-than-ten-7", address=None).role.everything
    assert "boss@example.com" in run("user list --state active")


def test_a_printed_link_lets_an_invited_person_in(run):
    link = run("user add new@example.com --name New --invite").splitlines()[-1]
    commands.accept_invitation(link.rstrip("/").rsplit("/", 1)[-1], "Another-long-1")
    assert "invited" not in run("user list")


def test_a_password_and_a_role_are_changed(run):
    person = make_user()
    run(f"user password {person.email}", password="Another-long-1")
    assert commands.log_in(person.email, "Another-long-1", address=None) == person
    run(f"user role {person.email} observer")
    assert User.objects.get(pk=person.pk).role.code == "observer"


def test_a_dismissed_person_is_taken_back_with_a_link(run):
    person, heir = make_user(), make_user()
    assert "dismissed" in run(f"user dismiss {person.email} --heir {heir.email}")
    assert not User.objects.get(pk=person.pk).is_active
    assert "/invitation/" in run(f"user take-back {person.email}")
    assert User.objects.get(pk=person.pk).is_active


def test_a_key_is_made_listed_and_revoked(run):
    person = make_user()
    plain = run(f"token create {person.email} --name Site --scope items:read --days 3")
    assert commands.use_token(plain).user == person
    key = ApiToken.objects.get()
    assert key.hint in run("token list")
    run(f"token revoke {key.pk}")
    assert commands.use_token(plain) is None
    assert key.hint not in run("token list")
    assert "revoked" in run("token list --all")


def test_an_unknown_person_or_role_is_a_sentence(run):
    with pytest.raises(NotFound, match=r"nobody@example\.com"):
        run("user invite nobody@example.com")
    person = make_user()
    with pytest.raises(NotFound, match="manager"):
        run(f"user role {person.email} boss")
