"""What robots hear from clients and say to them: one trigger or action a file."""

from voronka.channels.robots import (
    hook_received,
    letter_opened,
    link_followed,
    message_received,
    send_message,
    ways,
    wrote_elsewhere,
)

__all__ = [
    "hook_received",
    "letter_opened",
    "link_followed",
    "message_received",
    "send_message",
    "ways",
    "wrote_elsewhere",
]
