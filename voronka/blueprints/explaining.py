"""What a mistake in the shape of the file means, in the words of the person who wrote it."""

from __future__ import annotations

import difflib
from types import NoneType
from typing import Any, get_args, get_origin

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel

from voronka.blueprints.basics import AGE, CODE, DEADLINE, OPTION_CODE, SHORT_CODE
from voronka.blueprints.errors import Path
from voronka.blueprints.schema import Blueprint, Text

_SENTENCES = {
    "missing": gettext_lazy("This is missing."),
    "string_type": gettext_lazy("A text is wanted here."),
    "bool_parsing": gettext_lazy("Write true or false here."),
    "bool_type": gettext_lazy("Write true or false here."),
    "int_parsing": gettext_lazy("A whole number is wanted here."),
    "int_type": gettext_lazy("A whole number is wanted here."),
    "int_from_float": gettext_lazy("A whole number is wanted here."),
    "decimal_parsing": gettext_lazy("A number is wanted here, such as 1200.50."),
    "decimal_type": gettext_lazy("A number is wanted here, such as 1200.50."),
    "greater_than_equal": gettext_lazy("This number is too small."),
    "list_type": gettext_lazy("A list is wanted here, one entry a line with “- ”."),
    "dict_type": gettext_lazy("A mapping of codes is wanted here, such as “code: …”."),
    "model_type": gettext_lazy("A mapping is wanted here, such as “name: …”."),
    "date_from_datetime_parsing": gettext_lazy("A date is wanted here, such as 2026-05-08."),
    "string_too_long": gettext_lazy("This is too long."),
}


def explain(error: dict[str, Any]) -> str:
    """Say one pydantic error as a sentence; unknown keys and words come with the nearest known."""
    kind, path = error["type"], error["loc"]
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "literal_error":
        known = [str(word) for word in _choices(path)]
        sentence = _("“%(word)s” is not known here; it is one of: %(known)s.")
        return sentence % {"word": error["input"], "known": ", ".join(known)}
    if kind == "string_pattern_mismatch":
        return _pattern(error)
    if kind in _SENTENCES:
        return str(_SENTENCES[kind])
    return _("This does not fit: %(problem)s.") % {"problem": error["msg"]}


def nearest(word: str, known: list[str]) -> str:
    """Return “ Did you mean “…”?” for the best match, or an empty string."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.55)
    return " " + _("Did you mean “%(word)s”?") % {"word": close[0]} if close else ""


def _unknown_key(path: Path) -> str:
    key = str(path[-1])
    model = _at(path[:-1])
    if model is Text:
        return _("A text has only “ru” and “en”. Put texts with commas or colons in quotes.")
    known = list(model.model_fields) if model else []
    return _("“%(key)s” is not known here.") % {"key": key} + nearest(key, known)


def _pattern(error: dict[str, Any]) -> str:
    pattern = error["ctx"]["pattern"]
    if pattern in (CODE, SHORT_CODE, OPTION_CODE):
        sentence = _(
            "“%(code)s” is not a code: small Latin letters, digits, “_” and “-”, beginning with a "
            "letter, at most %(most)s."
        )
        return sentence % {"code": error["input"], "most": 40 if pattern == SHORT_CODE else 60}
    if pattern == AGE:
        return _("Write how long as 30m, 4h or 14d.")
    if DEADLINE in pattern:
        return _("Write a deadline as 30m, 4h, 2d (working time) or 3d calendar.")
    return _("“%(value)s” is not written as it should be here.") % {"value": error["input"]}


def _choices(path: Path) -> tuple[Any, ...]:
    found = _annotation(path)
    return get_args(found) if found is not None else ()


def _at(path: Path) -> type[BaseModel] | None:
    found = _annotation(path)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def _annotation(path: Path) -> Any:
    """Walk from Blueprint along a path of keys to the type that is wanted there."""
    found: Any = Blueprint
    for step in path:
        if isinstance(found, type) and issubclass(found, BaseModel):
            if step not in found.model_fields:
                return None
            found = _bare(found.model_fields[str(step)].annotation)
        elif get_origin(found) is dict:
            _key, value = get_args(found)
            found = _bare(value)
        elif get_origin(found) is list:
            found = _bare(get_args(found)[0])
        else:
            return found
    return found


def _bare(annotation: Any) -> Any:
    """Take `X | None` and `Annotated[X, …]` down to X."""
    if hasattr(annotation, "__metadata__"):
        return _bare(annotation.__origin__)
    choices = [part for part in get_args(annotation) if part is not NoneType]
    if NoneType in get_args(annotation) and len(choices) == 1:
        return _bare(choices[0])
    return annotation
