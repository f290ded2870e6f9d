"""Accounts, invitations and sessions: who may touch whose, and what closes with them."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from tests.people.factories import PASSWORD, make_department, make_role, make_user
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Conflict, Forbidden, InvalidInput
from voronka.people import commands, queries
from voronka.people.errors import LastOwner, LinkSpent, LoginRefused
from voronka.people.models import Invitation, User, UserSession

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


def device(user):
    session = SessionStore()
    session.create()
    commands.note_session(user, session.session_key, address="10.0.0.1", agent="Firefox")
    return session


def test_all_faults_of_an_account_are_named_at_their_fields():
    make_user(email="taken@example.com")
    with pytest.raises(InvalidInput) as refusal:
        commands.create_user(
            "TAKEN@example.com",
            role=make_role("manager"),
            by=SYSTEM,
            name=" ",
            phone="abc",
            time_zone="Mars/Olympus",
            language="xx",
            hours={"mon": [["18:00", "09:00"]]},
        )
    assert set(refusal.value.fields) == {
        "email", "name", "phone", "time_zone", "language", "hours",
    }  # fmt: skip


def test_a_weak_password_is_refused_in_the_validators_words():
    with pytest.raises(InvalidInput, match="10"):
        make_user(password="short")


def test_no_secret_ever_reaches_the_journal():
    user = make_user(email="a@example.com")
    token = commands.invite_user(user.pk, by=SYSTEM)
    commands.accept_invitation(token, "Another-long-1")
    _key, plain = commands.create_token(user.pk, name="Site", scopes=["items:read"], by=SYSTEM)
    told = str(list(Event.objects.values_list("diff", flat=True)))
    user.refresh_from_db()
    for secret in (PASSWORD, "Another-long-1", token, plain, user.password):
        assert secret not in told


def test_an_invitation_sets_a_password_once():
    user = make_user(password=None)
    assert queries.state_of(user) == "invited"
    token = commands.invite_user(user.pk, by=SYSTEM)
    assert token not in str(list(Invitation.objects.values()))
    with pytest.raises(InvalidInput):
        commands.accept_invitation(token, "short")
    commands.accept_invitation(token, "Another-long-1")
    assert commands.log_in(user.email, "Another-long-1", address=None) == user
    with pytest.raises(LinkSpent):
        commands.accept_invitation(token, "Another-long-2")


def test_an_invitation_dies_of_age_of_a_newer_one_and_of_dismissal():
    user = make_user(password=None)
    first = commands.invite_user(user.pk, by=SYSTEM)
    second = commands.invite_user(user.pk, by=SYSTEM)
    with pytest.raises(LinkSpent):
        commands.accept_invitation(first, "Another-long-1")
    Invitation.objects.update(expires_at=timezone.now())
    with pytest.raises(LinkSpent):
        commands.accept_invitation(second, "Another-long-1")
    third = commands.invite_user(user.pk, by=SYSTEM)
    commands.close_account(user.pk, by=SYSTEM)
    with pytest.raises(LinkSpent):
        commands.accept_invitation(third, "Another-long-1")


def test_the_last_owner_cannot_be_dismissed_or_demoted():
    owner = make_user("owner")
    make_user("owner", password=None)  # invited only: cannot do anything yet
    with pytest.raises(LastOwner):
        commands.close_account(owner.pk, by=SYSTEM)
    with pytest.raises(LastOwner):
        commands.change_user(owner.pk, role=make_role("manager"), by=SYSTEM)
    second = make_user("owner")
    commands.change_user(owner.pk, role=make_role("manager"), by=Actor.user(second))
    with pytest.raises(LastOwner):
        commands.close_account(second.pk, by=SYSTEM)


def test_nobody_dismisses_themselves():
    owner = make_user("owner")
    make_user("owner")
    with pytest.raises(Conflict):
        commands.close_account(owner.pk, by=Actor.user(owner))


def test_a_dismissal_closes_sessions_keys_and_links_and_frees_the_departments():
    user = make_user()
    department = make_department(head=user)
    session = device(user)
    _key, plain = commands.create_token(user.pk, name="Site", scopes=["items:read"], by=SYSTEM)
    commands.close_account(user.pk, by=SYSTEM)
    department.refresh_from_db()
    assert department.head is None
    assert not SessionStore(session.session_key).exists(session.session_key)
    assert not UserSession.objects.filter(user=user).exists()
    assert commands.use_token(plain) is None
    with pytest.raises(LoginRefused):
        commands.log_in(user.email, PASSWORD, address=None)
    commands.reopen_account(user.pk, by=SYSTEM)
    with pytest.raises(LoginRefused):  # the old password is gone
        commands.log_in(user.email, PASSWORD, address=None)


def test_people_change_their_own_profile_and_nobody_elses():
    user, other = make_user(), make_user()
    me = Actor.user(user)
    commands.change_profile(user.pk, by=me, name="New name", phone="8 916 123-45-67")
    assert User.objects.get(pk=user.pk).phone == "+79161234567"
    with pytest.raises(Forbidden):
        commands.change_profile(other.pk, by=me, name="New name")
    with pytest.raises(Forbidden):
        commands.change_user(user.pk, by=me, name="New name")


def test_a_profile_change_cannot_smuggle_a_role_in():
    user = make_user()
    commands.change_profile(user.pk, by=Actor.user(user), role=make_role("owner"), email="x@x.ru")
    fresh = User.objects.get(pk=user.pk)
    assert fresh.role.code == "manager"
    assert fresh.email == user.email


def test_who_manages_people_cannot_reach_above_themselves():
    clerk = make_user(make_role(matrix={"*": {"see": "all"}}, rights=["people"]))
    owner, by = make_user("owner"), Actor.user(clerk)
    for reach in (
        lambda: commands.invite_user(owner.pk, by=by),
        lambda: commands.set_password(owner.pk, "Another-long-1", by=by),
        lambda: commands.close_account(owner.pk, by=by),
        lambda: commands.change_user(clerk.pk, role=owner.role, by=by),
        lambda: commands.create_user("new@example.com", role=owner.role, name="New", by=by),
        lambda: commands.start_viewing_as(owner.pk, by=by),
        lambda: commands.create_token(owner.pk, name="x", scopes=["items:read"], by=by),
    ):
        with pytest.raises(Forbidden):
            reach()


def test_a_new_own_password_needs_the_old_one_and_signs_out_elsewhere():
    user = make_user()
    here, there = device(user), device(user)
    me = Actor.user(user)
    with pytest.raises(InvalidInput) as refusal:
        commands.set_password(user.pk, "Another-long-1", by=me, current="guess")
    assert "current" in refusal.value.fields
    commands.set_password(
        user.pk, "Another-long-1", by=me, current=PASSWORD, keep_session=here.session_key
    )
    assert here.exists(here.session_key)
    assert not there.exists(there.session_key)


def test_a_device_is_noted_once_a_minute_and_closed_by_its_person_only():
    user, other = make_user(), make_user()
    session = device(user)
    noted = UserSession.objects.get()
    commands.note_session(user, session.session_key, address="10.0.0.9")
    assert UserSession.objects.get().address == "10.0.0.1"
    with pytest.raises(Forbidden):
        commands.close_session(noted.pk, by=Actor.user(other))
    commands.close_session(noted.pk, by=Actor.user(user))
    assert not session.exists(session.session_key)


def test_the_hourly_job_drops_only_what_is_spent():
    user = make_user()
    session = device(user)
    commands.note_session(user, "gone", address=None)
    commands.forget_the_stale()
    assert [d.session_key for d in UserSession.objects.all()] == [session.session_key]


def test_a_key_is_shown_once_works_inside_its_time_and_notes_its_use_rarely(
    django_assert_num_queries,
):
    user = make_user()
    key, plain = commands.create_token(
        user.pk,
        name="Site",
        scopes=["items:read"],
        expires_at=timezone.now() + timedelta(days=1),
        by=Actor.user(user),
    )
    assert plain.startswith(key.hint)
    assert plain not in str(list(user.tokens.values()))
    with django_assert_num_queries(2):
        assert commands.use_token(plain) == key
    with django_assert_num_queries(1):
        assert commands.use_token(plain).user.role == user.role
    assert commands.use_token(plain + "x") is None
    commands.revoke_token(key.pk, by=Actor.user(user))
    assert commands.use_token(plain) is None


@pytest.mark.parametrize(
    ("fault", "values"),
    [
        ("name", {"name": " "}),
        ("scopes", {"scopes": []}),
        ("scopes", {"scopes": ["everything"]}),
        ("expires_at", {"expires_at": timezone.now() - timedelta(days=1)}),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(fault, values):
    user = make_user()
    with pytest.raises(InvalidInput) as refusal:
        commands.create_token(
            user.pk, **{"name": "Site", "scopes": ["items:read"], "by": SYSTEM, **values}
        )
    assert fault in refusal.value.fields


def test_looking_as_somebody_is_journalled():
    owner, seller = make_user("owner"), make_user()
    assert commands.start_viewing_as(seller.pk, by=Actor.user(owner)) == seller
    commands.stop_viewing_as(seller.pk, by=Actor.user(owner))
    events = Event.objects.filter(actor_user_id=owner.pk).values_list("verb", flat=True)
    assert list(events.order_by("pk")) == ["user.viewed_as", "user.viewing_ended"]
