"""Signing in: the rate limit, and what it never gives away."""

from datetime import timedelta

import pytest

from tests.people.factories import make_user
from voronka.journal.actors import Actor
from voronka.people import commands
from voronka.people.errors import LoginRefused, TooManyAttempts
from voronka.people.models import LoginAttempt

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


def fail(email, times, address="10.0.0.1"):
    for _ in range(times):
        with pytest.raises(LoginRefused):
            commands.log_in(email, "not the password", address=address)


def test_the_right_password_opens_the_door_whatever_the_letter_case_of_the_e_mail():
    user = make_user(email="Ivan@Example.com", password="correct horse battery")
    assert user.email == "ivan@example.com"
    assert commands.log_in(" IVAN@example.COM ", "correct horse battery", address=None) == user


def test_a_wrong_password_an_unknown_e_mail_and_a_closed_account_get_the_same_answer():
    make_user(email="a@example.com", password="correct horse battery")
    closed = make_user(email="b@example.com", password="correct horse battery")
    commands.close_account(closed.pk, by=SYSTEM)
    answers = set()
    for email, password in [
        ("a@example.com", "wrong"),
        ("nobody@example.com", "wrong"),
        ("b@example.com", "correct horse battery"),
    ]:
        with pytest.raises(LoginRefused) as refusal:
            commands.log_in(email, password, address=None)
        answers.add(str(refusal.value))
    assert len(answers) == 1


def test_the_seventh_failure_in_a_quarter_of_an_hour_has_to_wait():
    make_user(email="a@example.com", password="correct horse battery")
    fail("a@example.com", 6)
    with pytest.raises(TooManyAttempts) as refusal:
        commands.log_in("a@example.com", "correct horse battery", address="10.0.0.2")
    assert timedelta(minutes=14) < refusal.value.wait <= timedelta(minutes=15)
    assert "15" in str(refusal.value)


def test_waiting_is_finite_because_barred_attempts_are_not_counted():
    make_user(email="a@example.com", password="correct horse battery")
    fail("a@example.com", 6)
    for _ in range(3):
        with pytest.raises(TooManyAttempts):
            commands.log_in("a@example.com", "guess", address=None)
    assert LoginAttempt.objects.count() == 6
    for attempt in LoginAttempt.objects.all():
        attempt.at -= timedelta(minutes=15)
        attempt.save()
    commands.log_in("a@example.com", "correct horse battery", address=None)
    assert not LoginAttempt.objects.exists()


def test_one_address_cannot_try_many_people():
    for number in range(30):
        fail(f"person{number}@example.com", 1)
    with pytest.raises(TooManyAttempts):
        commands.log_in("person99@example.com", "guess", address="10.0.0.1")
    fail("person99@example.com", 1, address="10.0.0.2")
