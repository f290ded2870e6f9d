"""The kinds of channels that are there: every folder of `providers` brings its own."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from voronka.channels.contract import Provider


@cache
def providers() -> dict[str, Provider]:
    """Return code -> provider, in alphabetical order of the codes."""
    folder = import_module("voronka.channels.providers")
    found: dict[str, Provider] = {}
    for module in iter_modules(folder.__path__):
        if module.ispkg:
            made: Provider = import_module(f"{folder.__name__}.{module.name}.provider").PROVIDER
            found[made.code] = made
    return found | _EXTRA


_EXTRA: dict[str, Provider] = {}


def register(provider: Provider) -> None:
    """Add a provider that lives outside of this package (a plug-in's, a test's)."""
    _EXTRA[provider.code] = provider
    providers.cache_clear()


def provider_of(code: str) -> Provider:
    """Return the provider with this code.

    Raises:
        LookupError: no such kind of channel is installed.
    """
    return providers()[code]
