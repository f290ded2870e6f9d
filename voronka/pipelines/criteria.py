"""The kinds of check behind an exit criterion. Upper packages register theirs when they load.

A check is a code such as "manual", "lines" or "call", or "field:<code>" for a filled field, or
"elements:<type>" or "elements:<funnel>/<stage>" for elements that are finished, or have come there.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voronka.kernel.errors import Sentence

FIELD_PREFIX = "field:"
ELEMENTS_PREFIX = "elements:"
_ELEMENTS = re.compile(r"[a-z][a-z0-9_-]{0,39}(?:/[a-z][a-z0-9_-]{0,39})?")
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


def elements_of(check: str) -> str | None:
    """Return "<type>" or "<funnel>/<stage>" of an elements check, else None."""
    if not check.startswith(ELEMENTS_PREFIX):
        return None
    return check.removeprefix(ELEMENTS_PREFIX)


def stage_of_elements(what: str) -> tuple[str, str]:
    """Return (type, "") or (funnel, stage) of what an elements check asks about."""
    first, _slash, stage = what.partition("/")
    return first, stage


def check_problem(
    check: str, *, field_codes: Collection[str], elements: Collection[str] | None = None
) -> Sentence | None:
    """Say what is wrong with a check, or None.

    Args:
        field_codes: codes that "field:<code>" may name: custom and system fields of the type.
        elements: what "elements:…" may name; None where that can't be known yet.
    """
    what = elements_of(check)
    if what is not None:
        if not _ELEMENTS.fullmatch(what):
            return _("Write elements:<type> or elements:<funnel>/<stage>, not “%(check)s”.") % {
                "check": check
            }
        if elements is None or what in elements:
            return None
        return _("There are no elements “%(code)s”: no such type, funnel or stage.") % {
            "code": what
        }
    field = field_of(check)
    if field is not None:
        if field in field_codes:
            return None
        return _("There is no field “%(code)s” in this item type.") % {"code": field}
    if check in _checks:
        return None
    known = ", ".join(sorted(_checks))
    return _(
        "Unknown check “%(check)s”. Use field:<code>, elements:<type> or one of: %(known)s."
    ) % {
        "check": check,
        "known": known,
    }


register_check("manual", _("Ticked by hand"))
