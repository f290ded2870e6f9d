"""Stable codes: what they look like, and how one is made from a name."""

from __future__ import annotations

import re
from collections.abc import Collection

from voronka.pipelines.models import MAX_CODE

CODE = re.compile(r"[a-z][a-z0-9_-]*")
# fmt: off
_LETTERS = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh",
    "з": "z", "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o",
    "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts",
    "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
    "я": "ya",
}
# fmt: on


def is_code(code: str) -> bool:
    """Whether `code` is small Latin letters, digits, "_" and "-", beginning with a letter."""
    return len(code) <= MAX_CODE and CODE.fullmatch(code) is not None


def code_from(name: str, *, taken: Collection[str] = (), fallback: str = "code") -> str:
    """Make a code from a Russian or English name, unlike those that are taken."""
    latin = "".join(_LETTERS.get(letter, letter) for letter in name.lower())
    words = re.findall(r"[a-z0-9]+", latin)
    code = "_".join(words)[: MAX_CODE - 4].strip("_")
    if not code or not code[0].isalpha():
        code = f"{fallback}_{code}".rstrip("_")
    if code not in taken:
        return code
    number = 2
    while f"{code}_{number}" in taken:
        number += 1
    return f"{code}_{number}"
