"""Message templates in a blueprint (TL-8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.blueprints.errors import Path
from voronka.blueprints.explaining import nearest
from voronka.blueprints.outside import naming
from voronka.blueprints.outside_schema import TemplateSpec
from voronka.blueprints.schema import Blueprint
from voronka.channels.commands import TemplateSpec as Spec
from voronka.channels.commands import archive_template, restore_template, save_template
from voronka.channels.models import MessageTemplate
from voronka.journal.actors import Actor

KIND, SECTION, ORDERED = "template", "templates", False


def of_rows(*, people: bool) -> dict[str, TemplateSpec]:
    """Read the templates in use, by funnel and stage. One SQL query."""
    rows = MessageTemplate.objects.filter(archived_at=None).select_related("pipeline", "stage")
    ordered = rows.order_by(
        "pipeline__item_type__position", "pipeline__position", "stage__position", "name", "code"
    )
    return {
        row.code: TemplateSpec(
            name=row.name,
            subject=row.subject,
            text=row.text,
            pipeline=row.pipeline.code if row.pipeline else "",
            stage=row.stage.code if row.stage else "",
        )
        for row in ordered
    }


def mistakes(blueprint: Blueprint) -> Iterator[tuple[Path, str]]:
    """Find templates without words, and those for places that are not in the file."""
    for code, part in (blueprint.templates or {}).items():
        path: Path = (SECTION, code)
        yield from naming.no_name(path, part.name)
        if not part.text.strip():
            yield (*path, "text"), _("Write what the client is to read.")
        yield from naming.no_funnel(blueprint, (*path, "pipeline"), part.pipeline)
        if part.stage and not part.pipeline:
            yield (*path, "stage"), _("Name the funnel of this stage, too.")
        funnel = (blueprint.pipelines or {}).get(part.pipeline)
        if part.stage and funnel is not None and part.stage not in funnel.stages:
            sentence = _("There is no stage “%(code)s” in this funnel.") % {"code": part.stage}
            yield (*path, "stage"), sentence + nearest(part.stage, list(funnel.stages))


def attrs(part: TemplateSpec) -> dict[str, Any]:
    """Return what is compared; spaces that are not kept do not count."""
    return {
        **part.model_dump(),
        "name": " ".join(part.name.split()),
        "subject": " ".join(part.subject.split()),
        "text": part.text.strip(),
    }


def save(code: str, part: TemplateSpec, *, by: Actor) -> None:
    """Write a template; one from the archive is offered again."""
    row = MessageTemplate.objects.filter(code=code).first()
    if row is not None and row.archived_at is not None:
        restore_template(row.pk, by=by)
    spec = Spec(
        part.name,
        part.text,
        part.subject,
        naming.pipeline_id(part.pipeline),
        naming.stage_id(part.pipeline, part.stage),
        code,
    )
    save_template(spec, by=by, template_id=row.pk if row else None)


def remove(code: str, *, by: Actor) -> None:
    """Offer a template no more."""
    archive_template(MessageTemplate.objects.get(code=code).pk, by=by)


def effects(code: str, before: TemplateSpec | None, after: TemplateSpec | None) -> list[str]:
    """Say that a template which was used is offered no more."""
    if after is not None:
        return []
    uses = MessageTemplate.objects.filter(code=code).values_list("uses", flat=True).first()
    if not uses:
        return []
    sentence = ngettext(
        "It is offered no more; %(count)d message was written with it.",
        "It is offered no more; %(count)d messages were written with it.",
        uses,
    )
    return [sentence % {"count": uses}]
