"""Connecting channels and changing them; what funnels do with repeat enquiries.

Source: docs/domain/intake.md.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from voronka.channels.contract import Provider
from voronka.channels.facts import lacks_secret, secret_names, split_secrets
from voronka.channels.models import Channel, RepeatRule
from voronka.channels.registry import providers
from voronka.channels.rules import Repeat
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel import unfit
from voronka.kernel.errors import InvalidInput, NotFound, Sentence
from voronka.kernel.vault import VaultLocked, unseal
from voronka.kernel.vault import seal as seal_secrets
from voronka.people import access
from voronka.people.models import User
from voronka.pipelines.codes import code_from
from voronka.pipelines.models import Pipeline, Source
from voronka.routing.models import Distribution


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """What a channel should be. `settings` go by the names of the provider's schema.

    A secret that is left out or empty stays as it is. `usual_pause` is working time; None lets the
    house learn it.
    """

    name: str
    settings: Mapping[str, Any]
    pipeline_id: int | None = None
    source_id: int | None = None
    owner_id: int | None = None
    distribution_id: int | None = None  # comes before the owner
    usual_pause: timedelta | None = None


@transaction.atomic
def create_channel(provider_code: str, spec: ChannelSpec, *, by: Actor) -> Channel:
    """Connect a channel; records `channel.created`, never with a secret.

    Raises:
        Forbidden: the role lacks "setup".
        InvalidInput: no such provider, no name, or the provider refuses the settings; `fields`
            says which, by their names in its schema.
    """
    access.require_right(by, "setup")
    provider = providers().get(provider_code)
    if provider is None:
        raise InvalidInput(_("There is no such kind of channel."))
    last = Channel.objects.aggregate(last=Max("position"))["last"]
    channel = Channel(
        provider=provider_code,
        code=_free_code(provider_code, spec.name),
        key=randomness.token_hex(12),
        position=0 if last is None else last + 1,
        created_at=timezone.now(),
    )
    _write(channel, provider, spec)
    channel.save(force_insert=True)
    record("channel.created", channel, by=by, name=channel.name, provider=provider_code)
    return channel


@transaction.atomic
def change_channel(channel_id: int, spec: ChannelSpec, *, by: Actor) -> Channel:
    """Change a channel; records `channel.changed` with the names of what differs.

    Raises:
        NotFound, Forbidden, InvalidInput: as `create_channel`.
    """
    channel = _lock(channel_id, by=by)
    provider = providers().get(channel.provider)
    if provider is None:
        raise InvalidInput(_("This kind of channel is not installed any more."))
    before = _picture(channel)
    _write(channel, provider, spec)
    after = _picture(channel)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        channel.save()
        record("channel.changed", channel, by=by, name=channel.name, changed=changed)
    return channel


def _picture(channel: Channel) -> dict[str, Any]:
    return {name: getattr(channel, name) for name in _PICTURED}


_PICTURED = (
    *("name", "settings", "sealed", "pipeline_id", "source_id"),
    *("owner_id", "distribution_id", "usual_pause"),
)


@transaction.atomic
def settle_channel(
    code: str, provider_code: str, spec: ChannelSpec, *, active: bool | None = None, by: Actor
) -> Channel:
    """Make the channel of a code what a blueprint says; one in the archive comes back.

    A new one gets a public address of its own. One that needs a password is switched off until
    somebody types it. Records what connecting, changing and switching record.

    Args:
        spec: its settings have no secrets; those that are kept stay.
        active: None leaves it as it is; a new one is then switched on.
    Raises:
        Forbidden: the role lacks "setup".
        InvalidInput: as `create_channel`; or the channel is of another kind.
    """
    access.require_right(by, "setup")
    provider = providers().get(provider_code)
    if provider is None:
        raise InvalidInput(
            _("There is no such kind of channel."),
            fields={"provider": _("There is no such kind of channel.")},
        )
    channel = Channel.objects.select_for_update().filter(code=code).first()
    if channel is not None and channel.provider != provider_code:
        said = _("The channel “%(code)s” is of another kind. Give the new one another code.")
        raise InvalidInput(said % {"code": code}, fields={"provider": said % {"code": code}})
    new = channel is None
    if channel is None:
        last = Channel.objects.aggregate(last=Max("position"))["last"]
        channel = Channel(
            provider=provider_code,
            code=code,
            key=randomness.token_hex(12),
            position=0 if last is None else last + 1,
            created_at=timezone.now(),
        )
    before, was_active = _picture(channel), channel.active and not new
    _write(channel, provider, spec, secretless=True)
    back, channel.archived_at = channel.archived_at is not None, None
    wanted = (new or back or channel.active) if active is None else active
    channel.active = wanted and not lacks_secret(channel)
    after = _picture(channel)
    changed = [name for name in after if after[name] != before[name]]
    channel.save(force_insert=new)
    if new:
        record("channel.created", channel, by=by, name=channel.name, provider=provider_code)
    elif changed or back:
        record("channel.changed", channel, by=by, name=channel.name, changed=changed)
    if not new and channel.active != was_active:
        verb = f"channel.switched_{'on' if channel.active else 'off'}"
        record(verb, channel, by=by, name=channel.name)
    return channel


@transaction.atomic
def set_channel_active(channel_id: int, *, active: bool, by: Actor) -> Channel:
    """Switch a channel on or off; records `channel.switched_on` or `channel.switched_off`.

    One that is off sends nothing and fetches nothing; what reaches it all the same is kept.

    Raises:
        NotFound, Forbidden: there is no such channel, or the role lacks "setup".
        InvalidInput: its password is not known yet.
    """
    channel = _lock(channel_id, by=by)
    if active and lacks_secret(channel):
        raise InvalidInput(_("Type the channel's password first, and save it."))
    if channel.active != active:
        channel.active = active
        channel.save(update_fields=["active"])
        record(f"channel.switched_{'on' if active else 'off'}", channel, by=by, name=channel.name)
    return channel


@transaction.atomic
def readdress_channel(channel_id: int, *, by: Actor) -> Channel:
    """Give a channel another secret address; the old one answers no more.

    Records `channel.readdressed`, without either of them.
    """
    channel = _lock(channel_id, by=by)
    channel.key = randomness.token_hex(12)
    channel.save(update_fields=["key"])
    record("channel.readdressed", channel, by=by, name=channel.name)
    return channel


@transaction.atomic
def archive_channel(channel_id: int, *, by: Actor) -> Channel:
    """Put a channel away with its history and forget its secrets; records `channel.archived`."""
    channel = _lock(channel_id, by=by)
    if channel.archived_at is None:
        channel.archived_at, channel.active, channel.sealed = timezone.now(), False, ""
        channel.save(update_fields=["archived_at", "active", "sealed"])
        record("channel.archived", channel, by=by, name=channel.name)
    return channel


@transaction.atomic
def restore_channel(channel_id: int, *, by: Actor) -> Channel:
    """Take a channel out of the archive, at its old address; records `channel.restored`.

    A kind that keeps passwords comes back switched off: they were forgotten. A mailbox is read
    from now on, not from where it was left. How long it is usually silent is learned anew.

    Returns:
        The channel; one that is in use is left as it is.
    Raises:
        NotFound, Forbidden: there is no such channel, or the role lacks "setup".
        InvalidInput: this kind of channel is not installed any more.
    """
    channel = _lock(channel_id, by=by)
    if channel.archived_at is None:
        return channel
    provider = providers().get(channel.provider)
    if provider is None:
        raise InvalidInput(_("This kind of channel is not installed any more."))
    channel.archived_at, channel.cursor, channel.learned_pause = None, {}, None
    channel.problem, channel.problem_at = "", None
    channel.active = not secret_names(provider)
    channel.save()
    record("channel.restored", channel, by=by, name=channel.name, active=channel.active)
    return channel


@transaction.atomic
def note_problem(channel_id: int, problem: str) -> None:
    """Keep why a channel does not work now, or "" that it does; records `channel.broken`/`.mended`.

    Told by providers' jobs after each attempt; nothing is written while nothing changes.
    """
    channel = Channel.objects.select_for_update().get(pk=channel_id)
    if channel.problem == problem[:500]:
        return
    was = channel.problem
    channel.problem = problem[:500]
    channel.problem_at = timezone.now() if problem else None
    channel.save(update_fields=["problem", "problem_at"])
    if bool(was) != bool(problem):
        verb = "channel.broken" if problem else "channel.mended"
        record(verb, channel, by=Actor.system(), name=channel.name, problem=channel.problem)


def move_cursor(channel_id: int, cursor: Mapping[str, Any]) -> None:
    """Keep where the listener of a channel has come to; after what lies before it was stored."""
    Channel.objects.filter(pk=channel_id).update(cursor=dict(cursor))


@transaction.atomic
def save_repeat_rule(pipeline: Pipeline, rule: Repeat, *, by: Actor) -> RepeatRule:
    """Say what a funnel does when somebody writes again (IN-12); records `repeat_rule.changed`."""
    access.require_right(by, "setup")
    known = rule.when_open in RepeatRule.WhenOpen and rule.when_lost in RepeatRule.WhenLost
    if not known:
        raise InvalidInput(_("Choose from the list."))
    row, made = RepeatRule.objects.get_or_create(pipeline=pipeline)
    names = ("when_open", "join_within", "when_lost", "return_within", "from_nurturing")
    changed = []
    for name in (*names, "thread_stays"):
        value = getattr(rule, name)
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed.append(name)
    if changed or made:
        row.save()
        record("repeat_rule.changed", row, by=by, pipeline_id=pipeline.pk, changed=changed)
    return row


def _lock(channel_id: int, *, by: Actor) -> Channel:
    access.require_right(by, "setup")
    channel = Channel.objects.select_for_update().filter(pk=channel_id).first()
    if channel is None:
        raise NotFound(_("There is no such channel."))
    return channel


def _write(
    channel: Channel, provider: Provider, spec: ChannelSpec, *, secretless: bool = False
) -> None:
    """Set a channel's columns from a spec; nothing of it is kept when something is wrong.

    Args:
        secretless: what is sealed stays as it is, and may be lacking.
    """
    wrong: dict[str, Sentence] = {}
    name = " ".join(spec.name.split())[:120]
    if not name:
        wrong["name"] = _("Give the channel a name.")
    pipeline = Pipeline.objects.filter(pk=spec.pipeline_id or 0, archived=False).first()
    if spec.pipeline_id is not None and pipeline is None:
        wrong["pipeline"] = _("Choose a funnel that is in use.")
    source = Source.objects.filter(pk=spec.source_id or 0, archived=False).first()
    if spec.source_id is not None and source is None:
        wrong["source"] = _("Choose from the list.")
    owner = User.objects.filter(pk=spec.owner_id or 0, is_active=True).first()
    if spec.owner_id is not None and owner is None:
        wrong["owner"] = _("Choose a person.")
    secret = secret_names(provider)
    given = {k: v for k, v in spec.settings.items() if not (k in secret and v in ("", None))}
    group = Distribution.objects.filter(pk=spec.distribution_id or 0, archived=False).first()
    if spec.distribution_id is not None and group is None:
        wrong["distribution"] = _("Choose from the list.")
    try:
        kept = unseal(channel.sealed)
    except VaultLocked:
        kept = {}
    stand_ins = dict.fromkeys(secret, "?") if secretless else {}
    settings = None
    try:
        settings = provider.Settings.model_validate({**kept, **stand_ins, **given})
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            place = str(problem["loc"][0]) if problem["loc"] else "settings"
            wrong[place] = unfit.sentence(dict(problem))
    if wrong or settings is None:
        raise InvalidInput(
            _("Some fields can't be saved yet. Mend them and try again."), fields=wrong
        )
    channel.name, channel.pipeline, channel.source, channel.owner = name, pipeline, source, owner
    channel.usual_pause, channel.distribution = spec.usual_pause, group
    channel.settings, secrets = split_secrets(provider, settings)
    if secrets != kept and not secretless:
        channel.sealed = seal_secrets(secrets)


def _free_code(provider: str, name: str) -> str:
    taken = Channel.objects.values_list("code", flat=True)
    return code_from(name, taken=set(taken), fallback=provider)
