"""What a schema refused, in the words of the person who filled in the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from voronka.kernel.errors import Sentence


def sentence(problem: Mapping[str, Any]) -> Sentence:
    """Return one entry of pydantic's `errors()` as a sentence; pydantic's own are never shown."""
    kind = str(problem["type"])
    asked: Mapping[str, Any] = problem.get("ctx", {})
    if kind == "missing" or (kind in _SHORT and asked.get("min_length") == 1):
        return _("This is needed.")
    if kind in _SHORT:
        return _("Too short.")
    if kind in ("string_too_long", "too_long"):
        return _("Too long: the limit is %(limit)s.") % {"limit": asked.get("max_length")}
    if kind.startswith("int_"):
        return _("Give a whole number.")
    if kind.startswith(("decimal_", "float_")) or kind == "finite_number":
        return _("Give a number.")
    if kind.startswith("url_"):
        return _("Write the whole address, such as https://example.com.")
    if kind == "extra_forbidden":
        return _("This is not known here.")
    if kind in ("literal_error", "enum"):
        return _("Choose from the list.")
    if kind in ("less_than_equal", "less_than"):
        word = _("At most %(limit)s.") if kind.endswith("equal") else _("Less than %(limit)s.")
        return word % {"limit": asked.get("le", asked.get("lt"))}
    if kind in ("greater_than_equal", "greater_than"):
        word = _("At least %(limit)s.") if kind.endswith("equal") else _("More than %(limit)s.")
        return word % {"limit": asked.get("ge", asked.get("gt"))}
    if kind == "value_error" and isinstance(asked.get("error"), Exception):
        said = asked["error"].args  # a validator of our own: it speaks in sentences
        if said and isinstance(said[0], str) and " " in said[0]:
            return said[0]
    return _("This can't be used here.")


_SHORT = ("string_too_short", "too_short")
