"""Refusals of channels, in words."""

from voronka.kernel.errors import DomainError


class NoDestination(DomainError):
    """An enquiry has no funnel or nobody to go to; the ledger keeps it until there is one."""

    code = "no_destination"


class WindowClosed(DomainError):
    """The channel does not let this client be written to now."""

    code = "window_closed"


class ChannelOff(DomainError):
    """The channel is switched off, in the archive, or does not send."""

    code = "channel_off"


class NoCard(DomainError):
    """A signal is about a card that is not here yet; the ledger keeps it until it is."""

    code = "no_card"
