"""Site forms in a blueprint: a part of their channel (IN-4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from voronka.blueprints.basics import Text
from voronka.blueprints.errors import Path
from voronka.blueprints.outside_schema import ChannelSpec, FormFieldSpec, FormSpec
from voronka.blueprints.schema import Blueprint
from voronka.channels.commands import ChannelSpec as Channel
from voronka.channels.commands import settle_channel
from voronka.channels.providers.forms.commands import FormSpec as Spec
from voronka.channels.providers.forms.commands import examine, settle_form
from voronka.channels.providers.forms.models import Form
from voronka.channels.providers.forms.schema import FormField, read_fields
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText

PROVIDER = "forms"
_ITEM = "item:"


def of_rows() -> dict[int, FormSpec]:
    """Read the forms of channels in use, by channel id. Two SQL queries."""
    rows = Form.objects.filter(channel__archived_at=None).prefetch_related("consents")
    return {row.channel_id: _of_row(row) for row in rows}


def _of_row(row: Form) -> FormSpec:
    consent = next(iter(row.consents.all()), None)  # the newest version; older ones are history
    return FormSpec(
        title=Text.of(row.title),
        intro=Text.of(row.intro),
        fields={field.name: _field(field) for field in read_fields(row.fields)},
        button=Text.of(row.button),
        thanks=Text.of(row.thanks),
        redirect=row.redirect,
        hosts=list(row.hosts),
        consent=Text.of(consent.text) if consent else Text(),
        consent_needed=row.consent_needed,
    )


def _field(field: FormField) -> FormFieldSpec:
    return FormFieldSpec(
        kind=field.kind,
        target=field.target,
        label=Text.of(LocalText.of(field.label)),
        hint=Text.of(LocalText.of(field.hint)),
        required=field.required,
        choices={c.value: Text.of(LocalText.of(c.label)) for c in field.choices},
        default=field.default,
    )


def mistakes(blueprint: Blueprint, path: Path, channel: ChannelSpec) -> Iterator[tuple[Path, str]]:
    """Find questions that can't be asked and answers that have nowhere to go."""
    form = channel.form or FormSpec()
    _clean, _fields, wrong = examine(_spec(form, Channel(channel.name, {})))
    names = list(form.fields)
    for place, sentence in wrong.items():
        steps = place.split(".")
        if steps[0] == "fields" and len(steps) > 1:
            steps[1] = names[int(steps[1])]
            yield (*path, *(steps[:2] if steps[-1] == "name" else steps[:3])), str(sentence)
        else:
            yield (*path, steps[0]), str(sentence)
    for name, field in form.fields.items():
        if is_nowhere(blueprint, channel.pipeline, field.target):
            said = _("Cards of this funnel have no such field.")
            yield (*path, "fields", name, "target"), said


def is_nowhere(blueprint: Blueprint, pipeline: str, target: str) -> bool:
    """Whether an answer is to go to a field of the card that the file's funnel does not have."""
    funnel = (blueprint.pipelines or {}).get(pipeline)
    item_type = (blueprint.item_types or {}).get(funnel.type) if funnel else None
    if item_type is None or not target.startswith(_ITEM):
        return False
    code = target.removeprefix(_ITEM)
    return not any(code in section.fields for section in item_type.sections.values())


def attrs(form: FormSpec) -> dict[str, Any]:
    """Return the parts of a form one by one; a consent that the file omits stays as it is."""
    clean, _fields, _wrong = examine(_spec(form, Channel("", {})))
    found = form.model_dump()
    found["questions"] = list(found.pop("fields").items())
    found["redirect"], found["hosts"] = clean.redirect, list(clean.hosts)
    if not form.consent:
        del found["consent"]
    return found


def _spec(form: FormSpec, channel: Channel) -> Spec:
    return Spec(
        channel,
        [_mapping(name, field) for name, field in form.fields.items()],
        form.title.local,
        form.intro.local,
        form.button.local,
        form.thanks.local,
        form.redirect,
        form.hosts,
        form.consent.local,
        form.consent_needed,
    )


def _mapping(name: str, field: FormFieldSpec) -> dict[str, Any]:
    return {
        "name": name,
        "kind": field.kind,
        "target": field.target,
        "label": _words(field.label),
        "hint": _words(field.hint),
        "required": field.required,
        "choices": [{"value": v, "label": _words(text)} for v, text in field.choices.items()],
        "default": field.default,
    }


def _words(text: Text) -> dict[str, str]:
    return {language: said for language, said in text.model_dump().items() if said}


def save(
    code: str, channel: Channel, form: FormSpec | None, *, active: bool | None, by: Actor
) -> None:
    """Write a form and its channel; where the file says nothing of the form, it stays."""
    if form is None and Form.objects.filter(channel__code=code).exists():
        settle_channel(code, PROVIDER, channel, active=active, by=by)
        return
    settle_form(code, _spec(form or FormSpec(), channel), active=active, by=by)
