"""What a typed text may mean: a card's number, a piece of a phone, words. Pure; no database."""

from __future__ import annotations

import re
from dataclasses import dataclass

from voronka.kernel.fragments import FragmentQuery, Term, fold, found_at, other_layout

SHORTEST = 2  # letters; a single letter finds too much to be of use
LONGEST = 200
_NUMBER = re.compile(r"(?:[№#]\s*|(?P<prefix>[^\W\d_]{1,8})\s*-?\s*)?(?P<digits>\d{1,18})")
_PHONE = re.compile(r"\+?[\d\s().\-]+")


@dataclass(frozen=True, slots=True)
class Number:
    """A card's number as typed: "1042", "№ 1042" or "D-1042"."""

    pk: int
    prefix: str  # small letters; empty when only digits were typed

    def fits(self, prefix: str) -> bool:
        """Whether cards whose numbers begin with `prefix` may be meant."""
        mine = {self.prefix, other_layout(self.prefix)}
        return not self.prefix or prefix.lower().rstrip("-") in mine


def number(text: str) -> Number | None:
    """Read a card's number; None when it is something else."""
    match = _NUMBER.fullmatch(text.strip())
    if not match or int(match["digits"]) > 2**63 - 1:
        return None
    return Number(int(match["digits"]), (match["prefix"] or "").lower())


def phone_piece(text: str) -> FragmentQuery | None:
    """Read three or more digits as a piece of a phone, written with or without 8 and +7."""
    typed = text.strip()
    if not _PHONE.fullmatch(typed):
        return None
    digits = re.sub(r"\D", "", typed)
    if len(digits) < 3:
        return None
    pieces = [digits[:15]]
    if digits.startswith("8") and not typed.startswith("+"):
        pieces.append("7" + digits[1:15])
    return FragmentQuery(((Term(typed, tuple(pieces)),),))


EXACT, BEGINS, WORD, INSIDE, FOLDED = 0, 1, 2, 3, 4


def closeness(text: str, query: FragmentQuery) -> tuple[int, tuple[int, int] | None]:
    """How well `text` fits the query: EXACT is best; and the span of the best-placed word.

    A text that holds the words only in another spelling is FOLDED, behind all others.
    """
    small = text.lower().replace("ё", "е")
    best: tuple[int, tuple[int, int] | None] = (FOLDED + 1, None)
    for terms in query.readings:
        span = None
        worst = EXACT
        for term in terms:
            level, place = _term_closeness(text, small, term)
            worst = max(worst, level)
            span = span or place
        if worst < best[0]:
            best = (worst, span)
    return best


def begins(text: str, query: FragmentQuery) -> bool:
    """Whether all words of a reading stand in `text` at beginnings of its words.

    A stem inside another word is chance: "нов" of "новая" says nothing about "Ивановна".
    """
    return any(
        all(_begins(text, (fold(term.word), *term.fragments)) for term in terms)
        for terms in query.readings
    )


def _begins(text: str, fragments: tuple[str, ...]) -> bool:
    span = found_at(text, fragments)
    return span is not None and (span[0] == 0 or not text[span[0] - 1].isalnum())


def _term_closeness(text: str, small: str, term: Term) -> tuple[int, tuple[int, int] | None]:
    typed = term.word.lower().replace("ё", "е")
    at = small.find(typed)
    inside: int | None = None
    while at >= 0:
        if at == 0:
            return (EXACT if small == typed else BEGINS), (0, len(typed))
        if not small[at - 1].isalnum():
            return WORD, (at, at + len(typed))
        inside = at if inside is None else inside
        at = small.find(typed, at + 1)
    if inside is not None:
        return INSIDE, (inside, inside + len(typed))
    span = found_at(text, (fold(term.word), *term.fragments))
    return (FOLDED if span else FOLDED + 1), span
