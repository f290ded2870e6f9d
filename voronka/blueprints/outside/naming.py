"""What the parts name: funnels, stages, sources, groups, people. In the file, and in the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from voronka.blueprints.errors import Path
from voronka.blueprints.explaining import nearest
from voronka.blueprints.schema import Blueprint
from voronka.people.models import User
from voronka.pipelines.models import Pipeline, Source, Stage
from voronka.routing.models import Distribution

Mistake = tuple[Path, str]


def no_funnel(blueprint: Blueprint, path: Path, code: str) -> Iterator[Mistake]:
    """Say that a funnel is not in the file, unless the file leaves funnels alone."""
    yield from _absent(
        path, code, blueprint.pipelines, _("There is no funnel “%(code)s” in this file.")
    )


def no_source(blueprint: Blueprint, path: Path, code: str) -> Iterator[Mistake]:
    """Say that a source is not in the file."""
    yield from _absent(
        path, code, blueprint.sources, _("There is no source “%(code)s” in this file.")
    )


def no_group(blueprint: Blueprint, path: Path, code: str) -> Iterator[Mistake]:
    """Say that a group is not in the file."""
    yield from _absent(
        path, code, blueprint.groups, _("There is no group “%(code)s” in this file.")
    )


def _absent(
    path: Path, code: str, known: Mapping[str, object] | None, sentence: str
) -> Iterator[Mistake]:
    if code and known is not None and code not in known:
        yield path, sentence % {"code": code} + nearest(code, list(known))


def no_name(path: Path, name: str) -> Iterator[Mistake]:
    """Say that a name is missing."""
    if not name.strip():
        yield (*path, "name"), _("Give it a name.")


def pipeline_id(code: str) -> int | None:
    """Return the id of a funnel."""
    return Pipeline.objects.filter(code=code).values_list("pk", flat=True).first() if code else None


def stage_id(pipeline: str, code: str) -> int | None:
    """Return the id of a stage."""
    rows = Stage.objects.filter(pipeline__code=pipeline, code=code)
    return rows.values_list("pk", flat=True).first() if code else None


def source_id(code: str) -> int | None:
    """Return the id of a source."""
    return Source.objects.filter(code=code).values_list("pk", flat=True).first() if code else None


def group_id(code: str) -> int | None:
    """Return the id of a group."""
    rows = Distribution.objects.filter(code=code)
    return rows.values_list("pk", flat=True).first() if code else None


def person_id(email: str | None, kept: int | None) -> int | None:
    """Return the id of a person: `kept` where the file leaves it alone, None for nobody."""
    if email is None:
        return kept
    rows = User.objects.filter(email__iexact=email, is_active=True)
    return rows.values_list("pk", flat=True).first() if email else None


def email_of(user: User | None, *, people: bool) -> str | None:
    """Return what an export says of a person: nothing, unless it was asked for people."""
    if not people:
        return None
    return user.email if user is not None else ""
