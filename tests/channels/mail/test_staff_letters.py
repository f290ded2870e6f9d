"""Notices to employees by letter, over a real SMTP server (UI-11)."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.channels.mail.factories import letter, make_mailbox, write
from tests.factories import make_item
from tests.people.factories import make_user
from voronka.channels.commands import set_channel_active
from voronka.channels.commands.telling import choose_staff_mailbox, tell_of_silence
from voronka.channels.models import Channel
from voronka.items.commands import move_item
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden, InvalidInput
from voronka.timeline.commands.notices.letters import gather_letters, perform_letter
from voronka.timeline.commands.notices.policies import PolicySpec, save_own_policy
from voronka.timeline.commands.notifications import mark_read, notify
from voronka.timeline.models import NoticeLetter, Notification

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
SOON, NEXT_WEEK = timedelta(minutes=6), timedelta(days=1, hours=12)


@pytest.fixture
def me():
    user = make_user("manager", email="anna@svetlodom.example")
    save_own_policy(user, PolicySpec({}, quiet="never"))
    return user


@pytest.fixture
def mailbox(post):
    channel = make_mailbox(smtp_host="127.0.0.1", smtp_port=post.port, smtp_security="none")
    choose_staff_mailbox(channel.pk, by=SYSTEM)
    return channel


def post_all(after: timedelta) -> None:
    """Gather what is due after a while and do the jobs of its letters."""
    gather_letters(at=timezone.now() + after)
    write_waiting()


def write_waiting() -> None:
    """Do the jobs of all letters that were gathered."""
    NoticeLetter.objects.filter(state="waiting").update(due_at=timezone.now())
    for pk in list(NoticeLetter.objects.filter(state="waiting").values_list("pk", flat=True)):
        perform_letter(pk)


def body(post) -> str:
    return post.letters[-1].get_body(("plain",)).get_content()


def test_what_rang_and_stays_unread_comes_by_letter(me, mailbox, post):
    told = notify(me.pk, "mention", "Анна, посмотри КП по кухне")
    post_all(timedelta(minutes=4))
    assert post.letters == []
    post_all(SOON)
    assert len(post.letters) == 1
    sent = post.letters[0]
    assert sent["To"] == "anna@svetlodom.example"
    assert sent["Subject"] == "Анна, посмотри КП по кухне"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert f"/notifications/{told.pk}/go/" in body(post)
    post_all(SOON)
    assert len(post.letters) == 1


def test_the_digest_is_one_letter_in_groups_without_what_was_read(me, mailbox, post):
    read = notify(me.pk, "task", "Задача, которую я видела")
    notify(me.pk, "watched", "«Кухня» перешла на «КП»")
    notify(me.pk, "task", "Новая задача: позвонить")
    notify(me.pk, "task", "Новая задача: отправить КП")
    mark_read(me.pk, notification_id=read.pk)
    post_all(NEXT_WEEK)
    assert len(post.letters) == 1
    assert post.letters[0]["Subject"] == "3 уведомления"
    text = body(post)
    assert "Задача, которую я видела" not in text
    assert text.index("Мне поставили задачу") < text.index("отправить КП")
    assert text.index("отправить КП") < text.index("Сдвинулась карточка, за которой я слежу")
    assert text.count("Мне поставили задачу") == 1
    assert "<a href=" in post.letters[0].get_body(("html",)).get_content()


def test_what_is_read_after_it_was_gathered_is_left_out_as_well(me, mailbox, post):
    notify(me.pk, "mention", "Look")
    gather_letters(at=timezone.now() + SOON)
    mark_read(me.pk)
    write_waiting()
    assert post.letters == []
    assert NoticeLetter.objects.get().state == "dropped"


def test_a_notice_stands_in_one_letter_only(me, mailbox, post):
    notify(me.pk, "mention", "Urgent")
    notify(me.pk, "task", "For the digest")
    post_all(SOON)
    post_all(NEXT_WEEK)
    assert [sent["Subject"] for sent in post.letters] == ["Urgent", "For the digest"]


def test_silent_ones_and_people_who_want_no_letters_get_none(me, mailbox, post):
    notify(me.pk, "job", "The import has ended")
    save_own_policy(me, PolicySpec({}, quiet="never", letters=False))
    notify(me.pk, "mention", "Look")
    post_all(NEXT_WEEK)
    assert post.letters == []


def test_quiet_hours_put_the_letter_off(me, mailbox, post, monkeypatch):
    save_own_policy(me, PolicySpec({}))  # outside of working hours
    night = datetime(2026, 3, 3, 23, tzinfo=timezone.get_default_timezone())
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: night)
        notify(me.pk, "mention", "Look")
    assert gather_letters(at=night + SOON) == 0
    assert gather_letters(at=night + timedelta(hours=9, minutes=59)) == 0
    assert gather_letters(at=night + timedelta(hours=10)) == 1


def test_a_refusal_that_may_pass_is_tried_again_and_a_final_one_is_not(me, mailbox, post):
    notify(me.pk, "mention", "Look")
    post.refusal = "450 come back later"
    post_all(SOON)
    waiting = NoticeLetter.objects.get()
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert waiting.error
    post.refusal = ""
    post_all(SOON)
    assert len(post.letters) == 1
    notify(me.pk, "mention", "Look again")
    post.refusal = "550 no such person"
    post_all(SOON)
    assert NoticeLetter.objects.latest("pk").state == "failed"
    assert Notification.objects.filter(user=me, read_at=None).count() == 2  # the bell has both


def test_a_card_that_may_not_be_seen_any_more_stands_in_no_letter(me, mailbox, post):
    hidden = make_item(owner=make_user(), title="Secret kitchen")
    notify(me.pk, "mention", "Secret kitchen", item_id=hidden.pk)
    post_all(SOON)
    assert post.letters == []


def test_without_a_mailbox_nothing_is_gathered_and_nothing_lost(me, mailbox, post):
    set_channel_active(mailbox.pk, active=False, by=SYSTEM)
    notify(me.pk, "mention", "Look")
    post_all(SOON)
    assert not NoticeLetter.objects.exists()
    set_channel_active(mailbox.pk, active=True, by=SYSTEM)
    post_all(SOON)
    assert len(post.letters) == 1


def test_one_mailbox_is_chosen_by_those_who_set_up(me, mailbox):
    other = make_mailbox()
    with pytest.raises(Forbidden):
        choose_staff_mailbox(other.pk, by=Actor.user(me))
    with pytest.raises(InvalidInput):
        choose_staff_mailbox(0, by=SYSTEM)
    choose_staff_mailbox(other.pk, by=SYSTEM)
    assert Channel.objects.get(for_staff=True) == other
    choose_staff_mailbox(None, by=SYSTEM)
    assert not Channel.objects.filter(for_staff=True).exists()


# What channels tell of


def test_a_clients_letter_is_told_once_and_again_after_it_was_read(me, mailbox):
    Channel.objects.filter(pk=mailbox.pk).update(owner=me)
    mailbox.refresh_from_db()
    write(mailbox, letter(text="Сколько стоит кухня?"))
    assert Notification.objects.get(user=me).kind == "enquiry"
    write(mailbox, letter(text="И сколько ждать?"))
    write(mailbox, letter(text="Вы тут?"))
    told = list(Notification.objects.filter(user=me).order_by("pk"))
    assert len(told) == 2  # of three letters: the card is new, and the client has written again
    assert "повторное обращение" in told[-1].text
    mark_read(me.pk)
    write(mailbox, letter(text="Ответьте"))
    assert Notification.objects.filter(user=me, read_at=None).count() == 1


def test_a_silent_channel_is_told_once_a_silence(mailbox):
    head = make_user("owner")
    now = timezone.now()
    Channel.objects.filter(pk=mailbox.pk).update(
        last_received_at=now - timedelta(days=14), usual_pause=timedelta(hours=1)
    )
    tell_of_silence(at=now)
    tell_of_silence(at=now + timedelta(hours=1))
    assert Notification.objects.get(user=head).kind == "channel_silent"


def test_moving_a_card_tells_its_watcher_by_letter_in_the_digest(me, mailbox, post):
    item = make_item(owner=me)
    watcher = make_user("owner", email="boss@svetlodom.example")
    item.watches.create(user=watcher)
    move_item(item.pk, to=item.pipeline.stages.all()[1], by=Actor.user(me))
    assert Notification.objects.get(user=watcher).mode == "digest"
