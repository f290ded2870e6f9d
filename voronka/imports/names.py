"""What a word of a person's name may be: first name, surname, patronymic. Russian, by dictionary.

Source: OpenCorpora's dictionary by pymorphy3; docs/import.md, "Name and contacts together".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from voronka.pipelines.naming import morphology

FIRST, LAST, PATRONYMIC = "first", "last", "patronymic"
_KINDS = {"Name": FIRST, "Surn": LAST, "Patr": PATRONYMIC}
TURKIC = {"оглы", "кызы", "заде", "улы", "кызым"}  # a patronymic of two words
_SURNAME = re.compile(r"(?:[оеё]ва?|[иы]на?|[сц]к(?:ий|ая)|енко|[яа]н|дзе|швили)$")
PARTICLES = {"де", "ди", "да", "фон", "фан", "ван", "дер", "ла", "ле", "эль", "бен", "ибн"}
_INITIALS = re.compile(r"[А-ЯЁA-Z]\.")


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name in parts; `full` alone where nobody can tell which is which."""

    full: str
    last: str = ""
    first: str = ""
    patronymic: str = ""

    @property
    def parted(self) -> bool:
        """Whether at least one part is known."""
        return bool(self.last or self.first or self.patronymic)


@lru_cache(maxsize=20_000)
def kinds(word: str) -> frozenset[str]:
    """Return what a word is as a name: FIRST, LAST, PATRONYMIC; nothing if it is no name.

    A word that the dictionary does not have is what its ending makes it.
    """
    low = word.lower()
    if "-" in low.strip("-"):  # Мамин-Сибиряк, Анна-Мария
        halves = [kinds(part) for part in low.split("-") if part]
        return halves[0].intersection(*halves[1:])
    if not known(low):
        return frozenset({LAST} if len(low) > 4 and _SURNAME.search(low) else ())
    return frozenset(
        kind
        for parse in morphology().parse(low)
        if "nomn" in parse.tag and "sing" in parse.tag
        for grammeme, kind in _KINDS.items()
        if grammeme in parse.tag
    )


@lru_cache(maxsize=20_000)
def known(word: str) -> bool:
    """Whether the dictionary has the word at all."""
    return bool(morphology().word_is_known(word.lower()))


def parts(words: Sequence[str]) -> Name:
    """Tell surname, first name and patronymic apart, in whichever order they are written."""
    full = " ".join(words)
    texts = _with_particles(words)
    patronymic = ""
    if len(texts) > 2 and texts[-1].lower() in TURKIC:
        patronymic = " ".join(texts[-2:])
        texts = texts[:-2]
    initials = [m for text in texts for m in _INITIALS.findall(text)]
    if initials:
        rest = [text for text in texts if not _INITIALS.match(text)]
        if len(rest) == 1 and len(initials) < 3:
            return Name(full, rest[0], *initials)
        return Name(full)
    told = [frozenset({LAST}) if " " in text else kinds(text) for text in texts]
    if not patronymic:
        for place, kind in enumerate(told):
            # Абрамович after a first name is a patronymic, alone a surname
            if PATRONYMIC in kind and place and (kind == {PATRONYMIC} or len(texts) == 3):
                patronymic = texts.pop(place)
                told.pop(place)
                break
    if len(texts) == 2:
        first = _first_of_two(texts, told)
        if first is not None:
            return Name(full, texts[1 - first], texts[first], patronymic)
    elif len(texts) == 1 and FIRST in told[0]:
        return Name(full, "", texts[0], patronymic)
    elif len(texts) == 1 and LAST in told[0]:
        return Name(full, texts[0], "", patronymic)
    return Name(full)


def _with_particles(words: Sequence[str]) -> list[str]:
    """Join де and Голль to one word."""
    texts: list[str] = []
    joined = False
    for word in words:
        if joined:
            texts[-1] += " " + word
        else:
            texts.append(word)
        joined = word.lower() in PARTICLES
    return texts


def _first_of_two(texts: Sequence[str], told: Sequence[frozenset[str]]) -> int | None:
    """Return which of two words is the first name; None when neither can be one."""
    may = [place for place, kind in enumerate(told) if FIRST in kind]
    if len(may) == 2:  # Герман Александр: the one that is no surname, else as lists write it
        sole = [place for place in may if LAST not in told[place]]
        return sole[0] if len(sole) == 1 else 1
    if may:
        return may[0]
    # a foreign first name beside a surname that its ending shows
    surnames = [n for n, text in enumerate(texts) if LAST in told[n] and _SURNAME.search(text)]
    return 1 - surnames[0] if len(surnames) == 1 else None
