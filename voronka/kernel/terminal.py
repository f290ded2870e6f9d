"""Words at the terminal: Russian or English by LANG, like the rest of the system, without Django.

The supervisor and the readers of settings speak before Django is there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path


def language() -> str:
    """Return "ru" or "en", as the environment asks for by LC_ALL, LC_MESSAGES or LANG."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name, ""):
            return "ru" if value.lower().startswith("ru") else "en"
    return "en"


def speaker(folder: Path) -> Callable[[str], str]:
    """Return gettext for the catalogues of `folder`; the source where there is no translation."""

    @cache
    def catalogue(wanted: str) -> NullTranslations:
        return translation("django", folder, [wanted], fallback=True)

    return lambda sentence: catalogue(language()).gettext(sentence)
