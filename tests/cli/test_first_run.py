"""The terminal tells how an empty installation gets its owner, and says nothing afterwards."""

import pytest

from tests.people.factories import make_user
from voronka import settings
from voronka.cli import preparing, run
from voronka.kernel import first_run


@pytest.mark.django_db
def test_the_link_is_printed_while_nobody_works_here(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(settings, "HOME", tmp_path)
    preparing._note_whether_anybody()
    run._greet(tmp_path, 1.0)
    link = first_run.link(settings.PUBLIC_URL, settings.SECRET_KEY)
    assert link in capsys.readouterr().out
    make_user("owner")
    preparing._note_whether_anybody()
    run._greet(tmp_path, 1.0)
    assert "welcome" not in capsys.readouterr().out


def test_the_key_follows_from_the_secret_and_does_not_tell_it():
    assert first_run.key("secret") == first_run.key("secret")
    assert first_run.key("secret") != first_run.key("another")
    assert "secret" not in first_run.key("secret")
