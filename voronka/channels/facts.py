"""A channel as its provider sees it: settings and secrets read into the provider's own schema."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from pydantic import SecretStr, ValidationError

from voronka.channels.contract import BadEvent, ChannelFacts, ChannelSettings, Provider
from voronka.channels.models import Channel
from voronka.channels.registry import provider_of
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
