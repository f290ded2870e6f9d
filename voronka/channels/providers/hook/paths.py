"""Places in what was sent: JMESPath expressions, and the list of places of a sample. Pure.

A place of a mapping is `order.customer.phone`, `items[0].title`, or `items[*].title` for all of
them; whatever else JMESPath can say may be written by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jmespath
from django.utils.translation import gettext as _
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBERED = re.compile(r"\[\d+\]")
_MOST_LEAVES = 300
_DEEPEST = 12
_SHOWN = 3  # of a list: how many of its entries get places of their own


@dataclass(frozen=True, slots=True)
class Leaf:
    """A place in a sample, and what stands there as text."""

    path: str
    value: str

    @property
    def name(self) -> str:
        """The last name in the path: what the sender calls it."""
        return self.path.replace('"', "").rpartition(".")[2]


@lru_cache(maxsize=2048)
def compiled(path: str) -> ParsedResult:
    """Return a path ready to be asked.

    Raises:
        ValueError: it is not a path; the sentence says how one looks.
    """
    try:
        return jmespath.compile(path)
    except (JMESPathError, RecursionError):
        raise ValueError(_("Write a path such as order.phone or items[0].title.")) from None


def said(tree: Any, path: str) -> list[str]:
    """Return what stands at a path as texts, one for each entry of a list; empties are left out.

    Raises:
        ValueError: the path is wrong, or asks for something that can't be done with what is there.
    """
    try:
        found = compiled(path).search(tree)
    except JMESPathError:
        raise ValueError(
            _("“%(path)s” does not fit what was sent.") % {"path": path[:120]}
        ) from None
    return [text for text in _texts(found) if text]


def _texts(found: Any) -> Iterator[str]:
    if isinstance(found, list):
        for one in found:
            yield text_of(one) if isinstance(one, list) else next(_texts(one), "")
    elif found is not None:
        yield text_of(found)


def text_of(value: Any) -> str:
    """Return a value as text: yes is 1, no is 0, what is nested is JSON."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return "" if value is None else str(value).strip()


def leaves(tree: Any) -> list[Leaf]:
    """Return every place of a sample where something stands, in its own order."""
    found: list[Leaf] = []
    for path, value in _walk(tree, "", 0):
        if len(found) == _MOST_LEAVES:
            break
        if text := text_of(value):
            found.append(Leaf(path, text))
    return found


def _walk(tree: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth < _DEEPEST and isinstance(tree, dict):
        for name, value in tree.items():
            step = name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)
            yield from _walk(value, f"{path}.{step}" if path else step, depth + 1)
    elif depth < _DEEPEST and isinstance(tree, list):
        if not any(isinstance(one, dict | list) for one in tree):
            yield path or "[]", ", ".join(filter(None, map(text_of, tree)))
            return
        for number, one in enumerate(tree):
            yield from _walk(one, f"{path}[{number}]", depth + 1)
    else:
        yield path or "@", tree


def shown(found: list[Leaf]) -> list[Leaf]:
    """Return the places to choose from: of long lists the first entries, and all of them at once.

    `items[*].title` stands before `items[0].title` when there are several items.
    """
    whole: dict[str, list[str]] = {}
    for leaf in found:
        if _NUMBERED.search(leaf.path):
            whole.setdefault(_NUMBERED.sub("[*]", leaf.path), []).append(leaf.value)
    rows: dict[str, Leaf] = {}
    for leaf in found:
        together = _NUMBERED.sub("[*]", leaf.path)
        if len(whole.get(together, ())) > 1 and together.count("[*]") == 1:
            rows.setdefault(together, Leaf(together, ", ".join(whole[together])))
        numbers = [int(part[1:-1]) for part in _NUMBERED.findall(leaf.path)]
        if all(number < _SHOWN for number in numbers):
            rows.setdefault(leaf.path, leaf)
    return list(rows.values())


def covers(path: str, leaf: str) -> bool:
    """Whether a mapped path takes what stands at a place: itself, under it, or among its list."""
    pattern = re.escape(path).replace(re.escape("[*]"), r"\[\d+\]")
    return re.fullmatch(rf"{pattern}(?:[.\[].*)?", leaf) is not None
