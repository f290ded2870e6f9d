"""Ready-made companies that come with Voronka."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

from voronka.blueprints.reading import read
from voronka.blueprints.schema import Blueprint
from voronka.kernel.errors import NotFound
from voronka.kernel.texts import LocalText

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


@dataclass(frozen=True, slots=True)
class Summary:
    """What a ready company is, for a list to choose from."""

    name: str
    about: LocalText
    funnels: tuple[LocalText, ...]  # their names
    stages: int


@cache
def summaries() -> tuple[Summary, ...]:
    """Return what the ready companies are, the smallest first. Read once a process."""
    found = []
    for name in names():
        company = load(name)
        funnels = (company.pipelines or {}).values()
        stages = sum(len(funnel.stages) for funnel in funnels)
        names_of_funnels = tuple(funnel.name.local for funnel in funnels)
        found.append(Summary(name, company.about.local, names_of_funnels, stages))
    return tuple(found)


def load(name: str) -> Blueprint:
    """Return a ready company. Its file is read once a process; what is returned is the caller's."""
    return _company(name).model_copy(deep=True)


@cache
def _company(name: str) -> Blueprint:
    return read(text(name), file=f"{name}.yaml")
