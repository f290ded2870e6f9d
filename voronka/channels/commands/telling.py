"""Telling people of channels that do not work, and choosing the mailbox for them (UI-11, IN-19)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.channels.models import Channel
from voronka.channels.notices import writes_letters
from voronka.channels.queries import silent_channels
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput
from voronka.people.access import require_right
from voronka.people.queries import holders
from voronka.timeline.commands.notifications import cause_of, notify

PAGE = "channels:show"


def on_channel_broken(event: Event) -> None:
    """Tell those who set up that a channel does not work (a handler of `channel.broken`)."""
    for user in holders("setup"):
        with override(user.language):
            text = _("The channel “%(name)s” does not work: %(problem)s") % {
                "name": event.diff.get("name", ""),
                "problem": event.diff.get("problem", ""),
            }
        notify(
            user.pk,
            "channel_broken",
            text,
            url_name=PAGE,
            url_id=event.subject_id,
            key=cause_of(event),
        )


@transaction.atomic
def tell_of_silence(*, at: datetime | None = None) -> int:
    """Tell those who set up of channels silent beyond their habit, once a silence; how many."""
    silent = silent_channels(at=at or timezone.now())
    people = holders("setup") if silent else []
    for row in silent:
        channel = row.channel
        for user in people:
            with override(user.language):
                text = _("“%(name)s” has brought nothing for longer than usual: try it.") % {
                    "name": channel.name
                }
            key = f"silent-{channel.pk}-{channel.last_received_at:%Y%m%d%H%M}"
            notify(user.pk, "channel_silent", text, url_name=PAGE, url_id=channel.pk, key=key)
    return len(silent)


@transaction.atomic
def choose_staff_mailbox(channel_id: int | None, *, by: Actor) -> None:
    """Choose by which channel letters to employees go, or none; records `channel.for_staff`.

    Raises:
        Forbidden: the role may not set up.
        InvalidInput: it is gone, or switched off, or can't write letters.
    """
    require_right(by, "setup")
    chosen = None
    if channel_id is not None:
        chosen = Channel.objects.active().filter(pk=channel_id).first()
        if chosen is None or not writes_letters(chosen):
            raise InvalidInput(
                _("This can't be saved yet."), fields={"mailbox": _("Choose from the list.")}
            )
    before = Channel.objects.filter(for_staff=True).first()
    if before == chosen:
        return
    Channel.objects.filter(for_staff=True).update(for_staff=False)
    if chosen is not None:
        Channel.objects.filter(pk=chosen.pk).update(for_staff=True)
    subject = chosen or before
    if subject is not None:
        record("channel.for_staff", subject, by=by, name=subject.name, on=chosen is not None)
