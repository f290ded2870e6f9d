"""Channels in a blueprint: kind, name, settings, where enquiries go. Never a secret.

A channel that needs a password comes switched off, and waits until somebody types it on its page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from voronka.automation.spans import Span
from voronka.blueprints.errors import Path
from voronka.blueprints.explaining import nearest
from voronka.blueprints.outside import forms, naming
from voronka.blueprints.outside_schema import ChannelSpec
from voronka.blueprints.schema import Blueprint
from voronka.channels.commands import ChannelSpec as Spec
from voronka.channels.commands import archive_channel, settle_channel
from voronka.channels.contract import Provider
from voronka.channels.facts import (
    secret_names,
    settings_without_secrets,
    works_without_secrets,
)
from voronka.channels.models import Channel, Enquiry
from voronka.channels.providers.hook.commands import CODE as HOOK
from voronka.channels.providers.hook.schema import Settings as Hook
from voronka.channels.registry import providers
from voronka.journal.actors import Actor
from voronka.kernel import unfit

KIND, SECTION, ORDERED = "channel", "channels", False


def of_rows(*, people: bool) -> dict[str, ChannelSpec]:
    """Read the channels in use with their forms. Three SQL queries."""
    rows = Channel.objects.filter(archived_at=None).select_related(
        "pipeline", "source", "distribution", "owner"
    )
    shown = forms.of_rows()
    return {
        row.code: ChannelSpec(
            provider=row.provider,
            name=row.name,
            settings=_spoken(row.provider, row.settings),
            pipeline=row.pipeline.code if row.pipeline else "",
            source=row.source.code if row.source else "",
            group=row.distribution.code if row.distribution else "",
            owner=naming.email_of(row.owner, people=people),
            usual_pause=_pause(row.usual_pause),
            enabled=row.active or _waits_for_secrets(row.provider, row.settings),
            form=shown.get(row.pk),
        )
        for row in rows
    }


def _waits_for_secrets(code: str, settings: Mapping[str, Any]) -> bool:
    """Whether a new channel with these settings is off: then the file does not say "enabled"."""
    provider = providers().get(code)
    return provider is not None and not works_without_secrets(provider, settings)


def _spoken(code: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the provider would take anyway, and whatever is a secret."""
    provider = providers().get(code)
    if provider is None:
        return dict(settings)
    hidden = secret_names(provider)
    fields = provider.Settings.model_fields
    usual = {
        name: field.get_default(call_default_factory=True)
        for name, field in fields.items()
        if not field.is_required()
    }
    return {
        name: value
        for name, value in settings.items()
        if name in fields
        and name not in hidden
        and (name not in usual or usual[name] is PydanticUndefined or usual[name] != value)
    }


def _pause(span: timedelta | None) -> str:
    return Span(int(span.total_seconds())).write() if span else ""


def mistakes(blueprint: Blueprint) -> Iterator[tuple[Path, str]]:
    """Find unknown kinds, settings that do not fit, secrets, and places not in the file."""
    for code, part in (blueprint.channels or {}).items():
        path: Path = (SECTION, code)
        yield from naming.no_name(path, part.name)
        provider = providers().get(part.provider)
        if provider is None:
            sentence = _("There is no kind of channel “%(code)s”.") % {"code": part.provider}
            yield (*path, "provider"), sentence + nearest(part.provider, list(providers()))
        else:
            yield from _settings((*path, "settings"), provider, part.settings)
        yield from naming.no_funnel(blueprint, (*path, "pipeline"), part.pipeline)
        yield from naming.no_source(blueprint, (*path, "source"), part.source)
        yield from naming.no_group(blueprint, (*path, "group"), part.group)
        for number, target in enumerate(_targets(part)):
            if forms.is_nowhere(blueprint, part.pipeline, target):
                place = (*path, "settings", "mapping", "rows", number, "target")
                yield place, _("Cards of this funnel have no such field.")
        if part.form is not None and part.provider != forms.PROVIDER:
            yield (*path, "form"), _("Only a channel of the kind “forms” has a form.")
        elif part.form is not None:
            yield from forms.mistakes(blueprint, (*path, "form"), part)


def _targets(part: ChannelSpec) -> list[str]:
    """Return where the mapping of an incoming webhook puts things, row by row."""
    if part.provider != HOOK:
        return []
    try:
        settings = Hook.model_validate({**part.settings, "secret": "?"})
    except ValidationError:
        return []  # said by `_settings`
    return [row.target for row in settings.mapping.rows]


def _settings(
    path: Path, provider: Provider, settings: Mapping[str, Any]
) -> Iterator[tuple[Path, str]]:
    known, secret = provider.Settings.model_fields, secret_names(provider)
    for name in settings:
        if name in secret:
            said = _("A secret does not belong into the file. Type it on the channel's page.")
            yield (*path, name), said
        elif name not in known:
            sentence = _("“%(key)s” is not known here.") % {"key": name}
            yield (*path, name), sentence + nearest(name, [n for n in known if n not in secret])
    try:
        settings_without_secrets(provider, {k: v for k, v in settings.items() if k not in secret})
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            yield (*path, *problem["loc"]), str(unfit.sentence(dict(problem)))


def attrs(part: ChannelSpec) -> dict[str, Any]:
    """Return what is compared: settings in the form in which they are kept, the form's parts."""
    found = {**part.model_dump(exclude={"form"}), "name": " ".join(part.name.split())}
    provider = providers().get(part.provider)
    if provider is not None:
        with suppress(ValidationError):  # a mistake that `mistakes` tells
            found["settings"] = settings_without_secrets(provider, part.settings)
    if part.usual_pause:
        found["usual_pause"] = Span.read(part.usual_pause).write()
    if part.owner is None:
        del found["owner"]
    else:
        found["owner"] = part.owner.lower()
    if _waits_for_secrets(part.provider, part.settings):
        del found["enabled"]
    return {**found, **(forms.attrs(part.form) if part.form is not None else {})}


def save(code: str, part: ChannelSpec, *, by: Actor) -> None:
    """Connect or change a channel, with its form."""
    row = Channel.objects.filter(code=code).first()
    pause = Span.read(part.usual_pause).seconds
    spec = Spec(
        part.name,
        part.settings,
        naming.pipeline_id(part.pipeline),
        naming.source_id(part.source),
        naming.person_id(part.owner, row.owner_id if row else None),
        naming.group_id(part.group),
        timedelta(seconds=pause) if pause else None,
    )
    active = None if _waits_for_secrets(part.provider, part.settings) else part.enabled
    if part.provider == forms.PROVIDER:
        forms.save(code, spec, part.form, active=active, by=by)
    else:
        settle_channel(code, part.provider, spec, active=active, by=by)


def remove(code: str, *, by: Actor) -> None:
    """Put a channel into the archive."""
    archive_channel(Channel.objects.get(code=code).pk, by=by)


def effects(code: str, before: ChannelSpec | None, after: ChannelSpec | None) -> list[str]:
    """Say that a new one needs its password or has a new address; what a removed one leaves."""
    if before is None and after is not None:
        if _waits_for_secrets(after.provider, after.settings):
            return [_("It stays switched off until somebody types its password on its page.")]
        return [_("It has an address of its own: take the one for your site from its page.")]
    if after is not None:
        return []
    count = Enquiry.objects.filter(channel__code=code).count()
    sentence = ngettext(
        "It takes nothing in any more and forgets its password; %(count)d enquiry stays.",
        "It takes nothing in any more and forgets its password; %(count)d enquiries stay.",
        count,
    )
    return [sentence % {"count": count}]


def publish(schema: dict[str, Any]) -> None:
    """Put the settings of every kind of channel into the published JSON Schema, secrets not."""
    channel, rules = schema["$defs"]["ChannelSpec"], []
    for code, provider in providers().items():
        part = provider.Settings.model_json_schema(ref_template=f"#/$defs/channel.{code}.{{model}}")
        for inner, definition in part.pop("$defs", {}).items():
            schema["$defs"][f"channel.{code}.{inner}"] = definition
        hidden = secret_names(provider)
        fields = {k: v for k, v in part.get("properties", {}).items() if k not in hidden}
        settings = {"type": "object", "additionalProperties": False, "properties": fields}
        needed = [name for name in part.get("required", []) if name not in hidden]
        schema["$defs"][f"channel.{code}"] = settings | ({"required": needed} if needed else {})
        rules.append(
            {
                "if": {"properties": {"provider": {"const": code}}},
                "then": {"properties": {"settings": {"$ref": f"#/$defs/channel.{code}"}}},
            }
        )
    channel["properties"]["provider"]["enum"] = list(providers())
    channel["allOf"] = rules
