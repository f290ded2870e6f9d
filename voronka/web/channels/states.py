"""How a channel is doing, in one word and one sentence; what a row of the list shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from voronka.channels.contract import Provider
from voronka.channels.facts import lacks_secret
from voronka.channels.models import Channel
from voronka.channels.queries import ChannelRow
from voronka.channels.registry import providers
from voronka.kernel.errors import Sentence
from voronka.web.words import duration

WORKDAY = timedelta(hours=8)
NO_KIND = "plug-x"  # the icon of a kind that is not installed any more


@dataclass(frozen=True, slots=True)
class Shown:
    """A channel as the pages draw it. `look` is the colour of its badge."""

    row: ChannelRow
    title: Sentence  # of the kind
    icon: str
    look: str
    word: str
    why: str

    @property
    def took(self) -> str:
        """How long the last self-test that came through took, in words."""
        return span_words(self.row.channel.test_took)

    @property
    def lacks_secret(self) -> bool:
        """Whether it can't be switched on yet: its password is not known here."""
        return lacks_secret(self.row.channel)

    @property
    def channel(self) -> Channel:
        """The channel itself."""
        return self.row.channel


def shown(row: ChannelRow) -> Shown:
    """Return a channel with its state: off, not installed, a problem, silent, waiting, working."""
    channel = row.channel
    provider: Provider | None = providers().get(channel.provider)
    title = provider.title if provider else channel.provider
    look, word, why = _state(row, installed=provider is not None)
    return Shown(row, title, provider.icon if provider else NO_KIND, look, word, why)


def span_words(span: timedelta | None) -> str:
    """Return how long a self-test took: nobody counts parts of a second."""
    if span is not None and span < timedelta(seconds=1):
        return _("less than a second")
    return duration(span)


def _state(row: ChannelRow, *, installed: bool) -> tuple[str, str, str]:
    channel = row.channel
    if channel.archived_at:
        return "line", _("In the archive"), ""
    if not installed:
        return "red", _("Problem"), _("This kind of channel is not installed any more.")
    if lacks_secret(channel):
        why = _("It came with a set-up, which never carries a password. Type it, save, switch on.")
        return "amber", _("Needs its password"), why
    if not channel.active:
        why = _("Sends and fetches nothing. What reaches it all the same is kept.")
        return "line", pgettext("channel", "Off"), why
    if channel.problem:
        return "red", _("Problem"), channel.problem
    if row.is_silent:
        usual = channel.usual_pause or channel.learned_pause
        why = _("Nothing for %(pause)s of working time, usually for %(usual)s at most.") % {
            "pause": duration(row.silent_for, day=WORKDAY),
            "usual": duration(usual, day=WORKDAY),
        }
        return "amber", _("Silent longer than usual"), why
    if channel.last_received_at is None:
        return "line", _("Nothing received yet"), ""
    return "green", _("Working"), ""
