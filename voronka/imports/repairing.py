"""Names typed in the wrong layout or the wrong case: what they should be. Suggested, never silent.

"Bdfyjd Bdfy", "ИВАНОВ ИВАН", "иВАНОВ" and "Иванoв" with a Latin o are Иванов Иван. A word that may
be meant as it stands (McDonald, О'Нил, де Голль, ООО, МТС, an unknown abbreviation) stays.

Source: docs/import.md, "Repairing names" (IM-2).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from django.utils.translation import gettext as _

from voronka.imports import names
from voronka.imports.mapping import CONTACTS, Mapping, base_code
from voronka.kernel.fragments import other_layout

Repair = Callable[[str], str]
Told = tuple[str, str, bool]  # field code, sentence, whether it waits for a decision

_FINE = re.compile(r"[А-ЯЁ][а-яё]+(?:[ -][А-ЯЁ][а-яё]+)*$")  # nearly all names: nothing to look up
_FORMS = {"ооо", "оао", "зао", "пао", "ао", "нао", "ип", "чп", "тоо", "гк", "гуп", "муп", "фгуп"}
_FORMS |= {"мбоу", "гбу", "фгбу", "нко", "ано"}
_FOREIGN = {"llc", "inc", "inc.", "ltd", "ltd.", "plc", "gmbh", "corp", "corp.", "group", "co."}
_LATIN = re.compile(r"[A-Za-z]")
_CYRILLIC = re.compile(r"[А-Яа-яЁё]")
_ALIKE_RU = "асеорхуАВСЕНКМОРТХУ"
_ALIKE_EN = "aceopxyABCEHKMOPTXY"
_TO_RU = str.maketrans(_ALIKE_EN, _ALIKE_RU)
_TO_EN = str.maketrans(_ALIKE_RU, _ALIKE_EN)
_QUOTES = "«»\"'“”„()"
_SMALL = {"де", "да", "ди", "фон", "дер", "дель", "эль", "ибн"} | names.TURKIC
_SMALL_LATIN = {"van", "von", "de", "der", "da", "di", "la", "le", "bin", "and"}
_SHORTEST = 5  # letters of a company's name in capitals that is taken for a word
_CAPS_SLIP = re.compile(r"[А-ЯЁ]{2}[а-яё]+$")


@lru_cache(maxsize=20_000)
def person(text: str) -> str:
    """Return a person's name, or a part of it, as it should be written; the same if it is."""
    if _FINE.match(text) or not (_FORMS | _FOREIGN).isdisjoint(text.lower().split()):
        return text
    words = [_one_script(word) for word in text.split(" ")]
    if _LATIN.search(text) and not _CYRILLIC.search(text):
        flipped = [other_layout(word) for word in words]
        if any(words) and all(_is_name(word) for word in flipped if word):
            words = flipped
    whole = " ".join(words)
    even = whole.isupper() or whole.islower()
    return " ".join(_cased(word, several=len(words) > 1, even=even) for word in words)


def _is_name(word: str) -> bool:
    return word.isalpha() and names.known(word) and bool(names.kinds(word))


def _one_script(word: str) -> str:
    """Letters of the other script that look alike become those of the word."""
    latin, cyrillic = len(_LATIN.findall(word)), len(_CYRILLIC.findall(word))
    if not latin or not cyrillic:
        return word
    made = word.translate(_TO_RU if cyrillic >= latin else _TO_EN)
    return word if _LATIN.search(made) and _CYRILLIC.search(made) else made


def _cased(word: str, *, several: bool, even: bool) -> str:
    """Write one word of a name as it should be.

    Args:
        several: whether the name has other words.
        even: whether the whole name is in capitals, or wholly without: then no word of it is
            meant as it stands. Else a word is changed only if it is known as a name.
    """
    letters = "".join(c for c in word if c.isalpha())
    low = word.lower()
    if len(letters) < 2 or "." in word:  # initials
        return word
    if word.isascii():
        kept = low.startswith("mac") or len(letters) < 3 or not (even and several)
        return low if low in _SMALL_LATIN and even and several else word if kept else _titled(word)
    named = bool(names.kinds(word))
    if letters.islower():
        meant = low in _SMALL or not (named or (even and not names.known(word)))
        return word if meant else _titled(word)
    if letters.isupper():
        if low in _SMALL and several:
            return low
        meant = not named and (len(letters) < 4 or not even)  # МТС
        return word if meant and not (even and several) else _titled(word)
    slipped = letters[0].islower() and letters[1:].isupper()  # with CapsLock on
    if slipped or (_CAPS_SLIP.match(word) and named and names.known(word)):
        return _titled(word)
    return word


def _titled(word: str) -> str:
    """Write each part of О'НИЛ and МАМИН-СИБИРЯК with a capital."""
    made = re.sub(r"[^\W\d_]+", lambda m: m[0].capitalize(), word)
    made = re.sub(r"(?<=\w)'S\b", "'s", made)
    return re.sub(r"\bMc([a-z])", lambda m: "Mc" + m[1].upper(), made)


@lru_cache(maxsize=20_000)
def company(text: str) -> str:
    """Return a company's name as it should be written; the same if it is, or nobody can tell.

    Its legal form is written in capitals. A name in capitals is changed only if all its words are
    known ones of some length: others may be abbreviations.
    """
    words = [_one_script(word) for word in text.split(" ")]
    if _LATIN.search(text) and not _CYRILLIC.search(text):
        flipped = [other_layout(word) for word in words]
        if all(_is_word(word) for word in flipped) and any(len(w) > 3 for w in flipped):
            words = flipped
    bare = [word.strip(_QUOTES) for word in words]
    forms = [word.lower() in _FORMS for word in bare]
    named = [word for word, form in zip(bare, forms, strict=True) if word and not form]
    loud = bool(named) and all(
        w.isupper() and len(w) >= _SHORTEST and names.known(w) for w in named
    )
    made = []
    first = True
    for word, form in zip(words, forms, strict=True):
        if form:
            made.append(word.upper())
            continue
        if loud:
            word = _titled(word) if first or names.kinds(word.strip(_QUOTES)) else word.lower()
        elif first and any(forms) and word.islower():
            word = re.sub(r"[^\W\d_]", lambda m: m[0].upper(), word, count=1)
        first = first and not word
        made.append(word)
    return " ".join(made)


def _is_word(word: str) -> bool:
    bare = word.strip(_QUOTES)
    return bare.lower() in _FORMS or (len(bare) > 2 and bare.isalpha() and names.known(bare))


_OF_PERSON: dict[str, Repair] = dict.fromkeys(
    ("name", "last_name", "first_name", "patronymic", CONTACTS), person
)
_BY_ENTITY: dict[str, dict[str, Repair]] = {
    "person": {**_OF_PERSON, "company": company},
    "company": {"name": company, CONTACTS: company},
    "item": {"contact": person, "company": company},
    "employee": {"name": person},
}


def repairs_of(entity: str) -> dict[str, Repair]:
    """Return the fields of a kind of rows that hold names, and how these are repaired."""
    return _BY_ENTITY.get(entity, {})


class Repairs:
    """Repairs the names of rows where the mapping says so, and suggests it where it does not."""

    def __init__(self, mapping: Mapping) -> None:
        known = repairs_of(mapping.entity)
        self._wanted = {
            code: (known[base_code(code)], rule.repair)
            for code, rule in mapping.fields.items()
            if base_code(code) in known and rule.match in ("", "name")
        }

    def apply(self, values: dict[str, str]) -> list[Told]:
        """Repair the values of a row in place.

        Returns:
            One for each name that is not as it should be.
        """
        told: list[Told] = []
        for code in self._wanted:
            if code in values and base_code(code) != CONTACTS:
                values[code] = self.one(code, values[code], told)
        return told

    def one(self, code: str, text: str, told: list[Told]) -> str:
        """Return the name of a field, repaired if that is wanted; add what there is to tell."""
        repair, wanted = self._wanted[code]
        better = repair(text)
        if better == text:
            return text
        said = {"old": text[:80], "new": better[:80]}
        if wanted:
            told.append((code, _("“%(old)s” becomes “%(new)s”.") % said, False))
            return better
        told.append((code, _("Should “%(old)s” be “%(new)s”?") % said, True))
        return text
