"""Sentences that the page's scripts say, in the person's language."""

from __future__ import annotations

import json
from functools import cache

from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _


def for_scripts() -> SafeString:
    """Return the sentences as JSON that is safe inside a script element."""
    return _in(get_language())


@cache
def _in(_language: str | None) -> SafeString:
    texts = {
        "sprite": static("vendor/icons.svg"),
        "close": _("Close"),
        "undo": _("Undo"),
        "yes": _("Yes"),
        "cancel": _("Cancel"),
        "unsaved": _("What you typed here is not saved. Close all the same?"),
        "close_anyway": _("Close without saving"),
        "signed_out": _("You are logged out. Log in again: what you typed here stays."),
        "sign_in": _("Log in"),
        "forbidden": _("Your role does not allow this."),
        "not_found": _("This is no longer here, or your role does not show it."),
        "conflict": _("Somebody has changed this in the meantime. Refresh and look again."),
        "too_large": _("The file is too large."),
        "too_many": _("Too many attempts. Wait a minute and try again."),
        "server_error": _("Something broke on our side. Nothing was changed; try once more."),
        "offline": _("No connection to the server. Nothing was lost; try again in a moment."),
        "copied": _("The link is copied"),
        "this_page": _("This page"),
        "everywhere": _("Everywhere"),
        "answer_left": _("%s to answer") % "{span}",
        "answer_late": _("answer is %s late") % "{span}",
        "keys_title": _("Keys"),
        "common_keys": "\n".join(
            [
                "ctrl K|" + _("Search and commands"),
                "?|" + _("This list"),
                "Esc|" + _("Close what is on top"),
                "z|" + _("Undo, while the answer is shown"),
            ]
        ),
    }
    text = json.dumps(texts, ensure_ascii=False)
    for mark, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(mark, code)
    return mark_safe(text)  # noqa: S308 - escaped for a script element just above
