"""Ready-made companies that come with Voronka."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

from voronka.blueprints.reading import read
from voronka.blueprints.schema import Blueprint
from voronka.kernel.errors import NotFound

_FOLDER = Path(__file__).parent / "ready"


def names() -> list[str]:
    """Return the names of the ready companies, the smallest first."""
    return [path.stem for path in sorted(_FOLDER.glob("*.yaml"), key=lambda p: p.stat().st_size)]


@cache
def text(name: str) -> str:
    """Return the YAML of a ready company.

    Raises:
        NotFound: there is none of this name.
    """
    if name not in names():
        sentence = _("There is no ready company “%(name)s”. There are: %(known)s.")
        raise NotFound(sentence % {"name": name, "known": ", ".join(names())})
    return (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def load(name: str) -> Blueprint:
    """Read a ready company."""
    return read(text(name), file=f"{name}.yaml")
