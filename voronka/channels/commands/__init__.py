"""The one door to channels: connecting them, what comes in, what goes out."""

from voronka.channels.commands.ledger import forget_raw, process, receive, replay, sweep
from voronka.channels.commands.sending import deliver, send_due, send_message
from voronka.channels.commands.setup import (
    ChannelSpec,
    archive_channel,
    change_channel,
    create_channel,
    note_problem,
    save_repeat_rule,
    set_channel_active,
)
from voronka.channels.commands.watching import Trial, learn_pauses, try_channel

__all__ = [
    "ChannelSpec",
    "Trial",
    "archive_channel",
    "change_channel",
    "create_channel",
    "deliver",
    "forget_raw",
    "learn_pauses",
    "note_problem",
    "process",
    "receive",
    "replay",
    "save_repeat_rule",
    "send_due",
    "send_message",
    "set_channel_active",
    "sweep",
    "try_channel",
]
