"""A channel as its provider sees it: settings and secrets read into the provider's own schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from pydantic import SecretStr, ValidationError

from voronka.channels.contract import BadEvent, ChannelFacts, ChannelSettings, Provider
from voronka.channels.models import Channel
from voronka.channels.registry import provider_of, providers
from voronka.kernel.vault import VaultLocked, unseal


def facts_of(channel: Channel) -> ChannelFacts:
    """Return the channel for its provider.

    Raises:
        BadEvent: its settings or secrets can't be read any more.
    """
    schema = provider_of(channel.provider).Settings
    try:
        settings = schema.model_validate({**channel.settings, **unseal(channel.sealed)})
    except (ValidationError, VaultLocked) as error:
        raise BadEvent(  # without the values: they may be secrets
            _("The settings of this channel can't be read. Open the channel and save it again.")
        ) from error
    return ChannelFacts(channel.pk, channel.code, channel.name, settings)


def secret_names(provider: Provider) -> frozenset[str]:
    """Return the settings that are kept sealed: those of type SecretStr."""
    fields = provider.Settings.model_fields
    return frozenset(name for name, info in fields.items() if _is_secret(info.annotation))


def _is_secret(annotation: Any) -> bool:
    parts = getattr(annotation, "__args__", ())
    return annotation is SecretStr or any(_is_secret(part) for part in parts)


def works_without_secrets(provider: Provider, settings: Mapping[str, Any]) -> bool:
    """Whether a channel of this kind needs no password with these settings."""
    return not secret_names(provider) or _fits(provider, settings)


def lacks_secret(channel: Channel) -> bool:
    """Whether a channel waits for its password: it came by a blueprint, which has none."""
    provider = providers().get(channel.provider)
    if provider is None or works_without_secrets(provider, channel.settings):
        return False
    try:
        known = unseal(channel.sealed)
    except VaultLocked:
        return False  # it is known, but not here and now
    stand_ins = dict.fromkeys(secret_names(provider), "?")
    return not _fits(provider, {**channel.settings, **known}) and _fits(
        provider, {**channel.settings, **stand_ins}
    )


def _fits(provider: Provider, settings: Mapping[str, Any]) -> bool:
    try:
        provider.Settings.model_validate(dict(settings))
    except ValidationError:
        return False
    return True


def settings_without_secrets(provider: Provider, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in the one form in which they are kept, whatever secrets they lack.

    Raises:
        ValidationError: the provider refuses them.
    """
    stand_ins = dict.fromkeys(secret_names(provider), "?")
    settings = provider.Settings.model_validate({**given, **stand_ins})
    return split_secrets(provider, settings)[0]


def split_secrets(
    provider: Provider, settings: ChannelSettings
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a channel's settings as plain JSON without secrets, and the secrets."""
    names = secret_names(provider)
    secrets = {}
    for name in names:
        value = getattr(settings, name)
        secrets[name] = value.get_secret_value() if isinstance(value, SecretStr) else ""
    return settings.model_dump(mode="json", exclude=set(names)), secrets
