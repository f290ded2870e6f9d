"""What the feed says of events that have nothing to fill in."""

from django.utils.translation import gettext_lazy

from voronka.kernel.errors import Sentence

# Icon and sentence; their author stands beside them.
PLAIN: dict[str, tuple[str, Sentence]] = {
    "item.move_undone": ("arrow-back-up", gettext_lazy("took the move back")),
    "item.conversion_undone": ("arrow-back-up", gettext_lazy("took the conversion back")),
    "item.deleted": ("trash", gettext_lazy("put the card into the recycle bin")),
    "item.restored": ("restore", gettext_lazy("brought the card back from the recycle bin")),
    "item.conversation_closed": ("message-off", gettext_lazy("closed the conversation")),
    "item.conversation_reopened": ("message", gettext_lazy("opened the conversation again")),
    "item.conversations_merged": ("git-merge", gettext_lazy("merged two conversations")),
    "item.conversation_split": ("git-fork", gettext_lazy("split the conversation")),
    "item.rethreading_undone": ("arrow-back-up", gettext_lazy("put conversations back")),
    "item.answered": ("clock-check", gettext_lazy("answered the client")),
    "item.nobody_fits": ("alert-triangle", gettext_lazy("nobody of the group fitted")),
    "item.deciding_touch_named": ("target", gettext_lazy("named the deciding touch")),
    "item.deciding_touch_unnamed": (
        "target-off",
        gettext_lazy("let the last touch decide again"),
    ),
    "item.message_cancelled": ("message-off", gettext_lazy("took back an unsent message")),
    "client.created": ("plus", gettext_lazy("added the client")),
    "client.deleted": ("trash", gettext_lazy("put the client into the recycle bin")),
    "client.restored": ("restore", gettext_lazy("brought the client back from the recycle bin")),
    "client.merged": ("git-merge", gettext_lazy("merged two clients into one")),
    "client.unmerged": ("arrow-back-up", gettext_lazy("took a merge back")),
    "client.told_apart": ("git-fork", gettext_lazy("told two look-alikes apart")),
    "client.doubted_again": ("git-fork", gettext_lazy("may be look-alikes after all")),
    "client.called": ("phone-outgoing", gettext_lazy("called the client with one click")),
    "client.linked": ("link", gettext_lazy("linked a person and a company")),
    "client.unlinked": ("unlink", gettext_lazy("took the link to a company away")),
}

for _what in ("conversation_closed", "conversation_reopened", "conversations_merged",
              "conversation_split", "rethreading_undone", "message_cancelled"):  # fmt: skip
    PLAIN[f"client.{_what}"] = PLAIN[f"item.{_what}"]
