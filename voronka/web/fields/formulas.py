"""What a formula's line offers: the fields of the card, then the functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from voronka.kernel.errors import Sentence
from voronka.kernel.formulas import FUNCTIONS, KIND_NAMES, Name

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*")


@dataclass(frozen=True, slots=True)
class Word:
    """Something to put into a formula.

    Attributes:
        insert: what is put in; "name()" of functions.
        search: by what it is found, apart from each other by "|".
        bare: a function without anything in its brackets.
    """

    insert: str
    title: Sentence
    hint: Sentence
    search: str
    bare: bool = False


def words(names: Mapping[str, Name]) -> list[Word]:
    """Return what can be put in, fields first.

    A field of the card is offered by its code alone, not a second time as "field.<code>".
    """
    found = []
    for code, name in sorted(names.items(), key=lambda pair: "." in pair[0]):
        if code.startswith("field.") and code.removeprefix("field.") in names:
            continue
        insert = code if _PLAIN.fullmatch(code) else "{" + code + "}"
        hint = KIND_NAMES[name.type.kind]
        found.append(Word(insert, name.title, hint, f"{code}|{name.title}"))
    for one in FUNCTIONS.values():
        if one.example:
            bare = one.example.endswith("()")
            search = f"{one.code}|{one.also}"
            found.append(Word(f"{one.code}()", one.help, one.example, search, bare))
    return found
