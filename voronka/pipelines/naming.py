"""Does a stage's name say a result ("КП отправлено") or a work in progress ("Готовим КП")? F3."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Pipeline

_RESULT_EN = re.compile(
    r"\b(\w+ed|sent|won|paid|made|held|met|taken|given|done|found|bought|chosen|got|reached)\b"
)
_WORK_EN = re.compile(r"\b\w{3,}ing\b")
_NOT_WORK_EN = {"meeting", "viewing", "briefing", "building", "thing", "pricing", "marketing"}
_WORK_NOUN = re.compile(r"(ние|тие|ация|овка|отка|учка)$")
_NOUNS = {"замер"}  # they look like verbs
_SCORE = 0.3  # below this share pymorphy's guess is a homonym that people hardly mean


@cache
def morphology() -> Any:
    from pymorphy3 import MorphAnalyzer  # loaded when the editor is first opened: 20 MB

    return MorphAnalyzer(lang="ru")


def naming_of(name: LocalText) -> str | None:
    """Return "results", "activities", or None when the name tells neither."""
    if name.ru:
        return _russian(name.ru)
    return _english(name.en)


@lru_cache(2048)
def _russian(text: str) -> str | None:
    work = False
    for word in re.findall(r"[а-яё]+", text.lower()):
        for parse in morphology().parse(word):
            if parse.score < _SCORE:
                continue
            tag = parse.tag
            past = "past" in tag
            if past and word not in _NOUNS and ("PRTS" in tag or ("VERB" in tag and "perf" in tag)):
                return Pipeline.Naming.RESULTS
            work |= "VERB" in tag and "impf" in tag
            work |= "NOUN" in tag and "nomn" in tag and _WORK_NOUN.search(word) is not None
    return Pipeline.Naming.ACTIVITIES if work else None


@lru_cache(2048)
def _english(text: str) -> str | None:
    lower = text.lower()
    if _RESULT_EN.search(lower):
        return Pipeline.Naming.RESULTS
    if any(word not in _NOT_WORK_EN for word in _WORK_EN.findall(lower)):
        return Pipeline.Naming.ACTIVITIES
    return None
