"""Translations of all packages in as few dictionaries as their plural rules need."""

from __future__ import annotations

from typing import Any

from django.utils.translation import trans_real


def join_alike() -> None:
    """Let Django join the catalogs of packages whose plural rules are the same, as it means to.

    It compares the code of a rule with the rule itself, which are never equal, so that each of our
    sixty packages keeps a dictionary and a sentence is looked for in one after the other. Called
    once, before any language is read.
    """
    catalog: Any = trans_real.TranslationCatalog
    catalog.update = _update


def _update(catalog: Any, other: Any) -> None:
    """Take up another package's sentences; they count before those that are there."""
    if other.plural.__code__ == catalog._plurals[0].__code__:
        catalog._catalogs[0].update(other._catalog)
    else:
        catalog._catalogs.insert(0, other._catalog.copy())
        catalog._plurals.insert(0, other.plural)
