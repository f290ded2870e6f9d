"""Message templates: made, changed, put away, counted (TL-8).

Source: docs/domain/conversations.md, "texts at hand".
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.channels.models import MessageTemplate
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import InvalidInput, NotFound, Sentence
from voronka.people import access
from voronka.pipelines.codes import code_from
from voronka.pipelines.models import Pipeline, Stage

LONGEST = 10_000  # characters of a template


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """What a template should be; without a funnel it is offered everywhere."""

    name: str
    text: str
    subject: str = ""
    pipeline_id: int | None = None
    stage_id: int | None = None  # brings its funnel along
    code: str = ""  # of a new one; made of the name when empty


@transaction.atomic
def save_template(
    spec: TemplateSpec, *, by: Actor, template_id: int | None = None
) -> MessageTemplate:
    """Make a template, or change one; records `message_template.saved`.

    Raises:
        NotFound: there is no such template.
        Forbidden: the role lacks "setup".
        InvalidInput: no name, no text, or a place that is not in use; `fields` says which.
    """
    access.require_right(by, "setup")
    row = MessageTemplate() if template_id is None else _lock(template_id)
    name, text = " ".join(spec.name.split()), spec.text.replace("\x00", "").strip()
    wrong: dict[str, Sentence] = {}
    if not name or len(name) > 120:
        wrong["name"] = _("Give a name of at most 120 characters.")
    if not text or len(text) > LONGEST:
        wrong["text"] = _("Write a text of at most %(count)d characters.") % {"count": LONGEST}
    stage = Stage.objects.filter(pk=spec.stage_id or 0, pipeline__archived=False).first()
    if spec.stage_id is not None and stage is None:
        wrong["place"] = _("Choose a stage that is in use.")
    pipeline_id = stage.pipeline_id if stage else spec.pipeline_id
    funnels = Pipeline.objects.filter(pk=pipeline_id or 0, archived=False)
    if pipeline_id is not None and not funnels.exists():
        wrong["place"] = _("Choose a funnel that is in use.")
    if wrong:
        said = _("Some fields can't be saved yet. Mend them and try again.")
        raise InvalidInput(said, fields=wrong)
    row.name, row.text, row.subject = name, text, " ".join(spec.subject.split())[:300]
    if not row.code:
        taken = MessageTemplate.objects.values_list("code", flat=True)
        row.code = spec.code or code_from(name, taken=set(taken), fallback="template")
    row.pipeline_id, row.stage = pipeline_id, stage
    row.save()
    record("message_template.saved", row, by=by, name=name, new=template_id is None)
    return row


@transaction.atomic
def archive_template(template_id: int, *, by: Actor) -> MessageTemplate:
    """Offer a template no more; records `message_template.archived`."""
    return _set_archived(template_id, by=by, archived=True)


@transaction.atomic
def restore_template(template_id: int, *, by: Actor) -> MessageTemplate:
    """Offer a template again; records `message_template.restored`."""
    return _set_archived(template_id, by=by, archived=False)


def _set_archived(template_id: int, *, by: Actor, archived: bool) -> MessageTemplate:
    access.require_right(by, "setup")
    row = _lock(template_id)
    if (row.archived_at is not None) != archived:
        row.archived_at = timezone.now() if archived else None
        row.save(update_fields=["archived_at"])
        verb = "archived" if archived else "restored"
        record(f"message_template.{verb}", row, by=by, name=row.name)
    return row


def count_use(template_id: int) -> None:
    """Count that a message was written with a template; one that is gone counts nothing."""
    rows = MessageTemplate.objects.filter(pk=template_id)
    rows.update(uses=F("uses") + 1, used_at=timezone.now())


def _lock(template_id: int) -> MessageTemplate:
    row = MessageTemplate.objects.select_for_update().filter(pk=template_id).first()
    if row is None:
        raise NotFound(_("There is no such template any more."))
    return row
