"""The one door to channels: connecting them, what comes in, what goes out."""

from voronka.channels.commands.ledger import (
    forget_kept_too_long,
    forget_raw,
    process,
    receive,
    replay,
    retry_channel,
    sweep,
)
from voronka.channels.commands.sending import deliver, send_due, send_message
from voronka.channels.commands.setup import (
    ChannelSpec,
    archive_channel,
    change_channel,
    create_channel,
    move_cursor,
    note_problem,
    readdress_channel,
    restore_channel,
    save_repeat_rule,
    set_channel_active,
    settle_channel,
)
from voronka.channels.commands.templates import (
    TemplateSpec,
    archive_template,
    restore_template,
    save_template,
)
from voronka.channels.commands.watching import Trial, learn_pauses, try_channel

__all__ = [
    "ChannelSpec",
    "TemplateSpec",
    "Trial",
    "archive_channel",
    "archive_template",
    "change_channel",
    "create_channel",
    "deliver",
    "forget_kept_too_long",
    "forget_raw",
    "learn_pauses",
    "move_cursor",
    "note_problem",
    "process",
    "readdress_channel",
    "receive",
    "replay",
    "restore_channel",
    "restore_template",
    "retry_channel",
    "save_repeat_rule",
    "save_template",
    "send_due",
    "send_message",
    "set_channel_active",
    "settle_channel",
    "sweep",
    "try_channel",
]
