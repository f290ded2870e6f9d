"""Making and changing forms; a form comes with its channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError as BadAddress
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from voronka.channels.commands import (
    ChannelSpec,
    change_channel,
    create_channel,
    settle_channel,
)
from voronka.channels.providers.forms.models import ConsentText, Form
from voronka.channels.providers.forms.schema import MAX_FIELDS, FormField
from voronka.clients import rules
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import InvalidInput, NotFound, Sentence
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Field, Pipeline

NO_TEXT = LocalText()


@dataclass(frozen=True, slots=True)
class FormSpec:
    """What a form should be. `fields` are mappings as `schema.FormField` reads them.

    `consent` is the text agreed to: a changed one becomes the next version. `hosts` are sites that
    may embed the form, by name; any site may when empty.
    """

    channel: ChannelSpec
    fields: Sequence[Mapping[str, Any]] = field(default_factory=list)
    title: LocalText = NO_TEXT
    intro: LocalText = NO_TEXT
    button: LocalText = NO_TEXT
    thanks: LocalText = NO_TEXT
    redirect: str = ""
    hosts: Sequence[str] = ()
    consent: LocalText = NO_TEXT
    consent_needed: bool = False


@transaction.atomic
def create_form(spec: FormSpec, *, by: Actor) -> Form:
    """Make a form with its channel; records `channel.created` and `form.saved`.

    Raises:
        Forbidden: the role lacks "setup".
        InvalidInput: `fields` says what is wrong: of the channel, or "fields.<n>.<part>".
    """
    clean, fields = _clean(spec)
    channel = create_channel("forms", clean.channel, by=by)
    return _write(Form(channel=channel), clean, fields, by=by)


@transaction.atomic
def change_form(form_id: int, spec: FormSpec, *, by: Actor) -> Form:
    """Change a form and its channel; records `form.saved`.

    Raises:
        NotFound, Forbidden, InvalidInput: as `create_form`.
    """
    form = Form.objects.select_for_update(of=("self",)).filter(pk=form_id).first()
    if form is None:
        raise NotFound(_("There is no such form."))
    clean, fields = _clean(spec)
    form.channel = change_channel(form.channel_id, clean.channel, by=by)
    return _write(form, clean, fields, by=by)


@transaction.atomic
def settle_form(code: str, spec: FormSpec, *, active: bool | None = None, by: Actor) -> Form:
    """Make the form of a channel's code what a blueprint says; records as the others do.

    Args:
        active: whether its channel is on; None leaves it.
    Raises:
        Forbidden, InvalidInput: as `create_form`.
    """
    clean, fields = _clean(spec)
    channel = settle_channel(code, "forms", clean.channel, active=active, by=by)
    form = Form.objects.filter(channel=channel).first() or Form(channel=channel)
    return _write(form, clean, fields, by=by)


def _clean(spec: FormSpec) -> tuple[FormSpec, list[FormField]]:
    clean, fields, wrong = examine(spec)
    wrong |= _unknown_codes(fields, spec.channel.pipeline_id)
    if wrong:
        raise InvalidInput(
            _("Some fields can't be saved yet. Mend them and try again."), fields=wrong
        )
    return clean, fields


def examine(spec: FormSpec) -> tuple[FormSpec, list[FormField], dict[str, Sentence]]:
    """Return a form as it would be kept, its fields, and what is wrong with it. No database."""
    wrong: dict[str, Sentence] = {}
    fields: list[FormField] = []
    for number, raw in enumerate(spec.fields):
        try:
            fields.append(FormField.model_validate(raw))
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_input=False):
                part = ".".join(str(p) for p in problem["loc"]) or "name"
                wrong[f"fields.{number}.{part}"] = _("This can't be used here.")
    names = [one.name.lower() for one in fields]
    for number, one in enumerate(fields):
        if names.index(one.name.lower()) != number:
            wrong[f"fields.{number}.name"] = _("Another field has this name already.")
        if one.kind in ("select", "radio", "checkboxes") and not one.choices:
            wrong[f"fields.{number}.choices"] = _("Give at least one choice.")
    if len(spec.fields) > MAX_FIELDS:
        wrong["fields"] = _("At most %(count)d fields fit into a form.") % {"count": MAX_FIELDS}
    hosts = []
    for host in spec.hosts:
        name = host.strip().lower().removeprefix("https://").removeprefix("http://").strip("/")
        if not name:
            continue
        try:
            rules.website(f"https://{name}")
            hosts.append(name)
        except rules.Unreadable:
            wrong["hosts"] = _("Write sites like company.com, one in a line.")
    redirect = spec.redirect.strip()
    if redirect:
        try:
            URLValidator(schemes=["http", "https"])(redirect)
        except BadAddress:
            wrong["redirect"] = _("This is not a web address. Write it like https://company.com.")
    if spec.consent_needed and not spec.consent:
        wrong["consent"] = _("Write what the visitor agrees to.")
    return replace(spec, hosts=list(dict.fromkeys(hosts)), redirect=redirect), fields, wrong


def _unknown_codes(fields: list[FormField], pipeline_id: int | None) -> dict[str, Sentence]:
    """Say which fields of cards do not exist in the channel's funnel."""
    wanted = {f.target.removeprefix("item:") for f in fields if f.target.startswith("item:")}
    if not wanted or pipeline_id is None:
        return {}
    kind = Pipeline.objects.filter(pk=pipeline_id).values_list("item_type_id", flat=True).first()
    typed = Field.objects.filter(item_type_id=kind, archived=False, formula="")
    rows = typed.filter(code__in=wanted)
    missing = wanted - set(rows.values_list("code", flat=True))
    return {
        f"fields.{number}.target": _("Cards of this funnel have no such field.")
        for number, one in enumerate(fields)
        if one.target.removeprefix("item:") in missing and one.target.startswith("item:")
    }


def _write(form: Form, spec: FormSpec, fields: list[FormField], *, by: Actor) -> Form:
    form.fields = [one.model_dump(mode="json") for one in fields]
    form.title, form.intro, form.button = spec.title, spec.intro, spec.button
    form.thanks, form.redirect, form.hosts = spec.thanks, spec.redirect, list(spec.hosts)
    form.consent_needed = spec.consent_needed
    form.changed_at = timezone.now()
    form.save()
    last = form.consents.first()
    if spec.consent and (last is None or last.text != spec.consent):
        ConsentText.objects.create(
            form=form,
            version=last.version + 1 if last else 1,
            text=spec.consent,
            created_at=form.changed_at,
            author_id=by.user_id,
        )
    record("form.saved", form, by=by, name=form.channel.name, fields=len(fields))
    return form
