"""The kinds of check behind an exit criterion. Upper packages register theirs when they load.

A check is a code such as "manual", "lines" or "call", or "field:<code>" for a filled field.
"""

from __future__ import annotations

from collections.abc import Collection

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voronka.kernel.errors import Sentence

FIELD_PREFIX = "field:"
_checks: dict[str, Promise] = {}


def register_check(code: str, title: Promise) -> None:
    """Let exit criteria use `code`; registering it again replaces the title."""
    _checks[code] = title


def known_checks() -> dict[str, Promise]:
    """Return code -> title of the checks that can be chosen, "field:<code>" aside."""
    return dict(_checks)


def field_of(check: str) -> str | None:
    """Return the field code of a "field:<code>" check, else None."""
    return check.removeprefix(FIELD_PREFIX) if check.startswith(FIELD_PREFIX) else None


def check_problem(check: str, *, field_codes: Collection[str]) -> Sentence | None:
    """Say what is wrong with a check, or None.

    Args:
        field_codes: codes that "field:<code>" may name: custom and system fields of the type.
    """
    field = field_of(check)
    if field is not None:
        if field in field_codes:
            return None
        return _("There is no field “%(code)s” in this item type.") % {"code": field}
    if check in _checks:
        return None
    known = ", ".join(sorted(_checks))
    return _("Unknown check “%(check)s”. Use field:<code> or one of: %(known)s.") % {
        "check": check,
        "known": known,
    }


register_check("manual", _("Ticked by hand"))
