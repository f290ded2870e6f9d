"""What channels tell people of, and the mailbox by which letters to employees go (UI-11)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.channels.contract import BadEvent, NotSent, Outgoing, TryAgain
from voronka.channels.facts import facts_of
from voronka.channels.models import Channel
from voronka.channels.registry import provider_of, providers
from voronka.timeline.notices.kinds import NoticeKind, register_kind
from voronka.timeline.notices.letters import NotCarried, StaffLetter, register_carrier
from voronka.timeline.notices.rules import Mode


def writes_letters(channel: Channel) -> bool:
    """Whether a channel can send letters to an address that has never written to it."""
    provider = providers().get(channel.provider)
    return provider is not None and provider.sends and "email" in provider.answers_to


def mailboxes() -> list[Channel]:
    """Return the channels by which letters to employees may go. One SQL query."""
    return [channel for channel in Channel.objects.active() if writes_letters(channel)]


def staff_mailbox() -> Channel | None:
    """Return the one that was chosen, while it is switched on. One SQL query."""
    return Channel.objects.active().filter(for_staff=True).first()


class Mailbox:
    """Carries letters to employees by the channel that was chosen for them."""

    def is_ready(self) -> bool:
        """Whether one is chosen and switched on."""
        return staff_mailbox() is not None

    def carry(self, letter: StaffLetter) -> None:
        """Send one letter by the channel's provider.

        Raises:
            NotCarried: the channel is off or can't be read, or its server has not taken the letter.
        """
        channel = staff_mailbox()
        if channel is None:
            raise NotCarried(_("No mailbox is chosen for letters to employees."), again=False)
        message = Outgoing(
            key=letter.key,
            to=("email", letter.to),
            text=letter.text,
            html=letter.html,
            subject=letter.subject,
            meta={"automatic": True},
        )
        try:
            provider_of(channel.provider).send(message, facts_of(channel))
        except NotSent as refusal:
            raise NotCarried(str(refusal.why), again=isinstance(refusal, TryAgain)) from refusal
        except BadEvent as error:
            raise NotCarried(str(error), again=True) from error


def register() -> None:
    """Make the kinds and the mailbox known to the notices."""
    broken, silent = gettext_lazy("A channel does not work"), gettext_lazy("A channel is silent")
    for kind in (
        NoticeKind("channel_broken", broken, Mode.URGENT, "plug-connected", "system", "setup"),
        NoticeKind("channel_silent", silent, Mode.DIGEST, "plug-connected", "system", "setup"),
    ):
        register_kind(kind)
    register_carrier(Mailbox())
