"""A form drawn from a provider's settings: one field for each that has a plain shape.

What is nested (lists of objects, mappings) belongs to a page of the provider's own and is kept as
it is. Secrets are written, never shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from django import forms
from django.utils.translation import gettext as _
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from voronka.channels.contract import Provider
from voronka.channels.facts import secret_names

PREFIX = "set-"  # of the settings among the fields of the form
_LONG = 250  # characters: a text that may be longer gets several lines


def settings_fields(
    provider: Provider, kept: Mapping[str, Any], *, sealed: bool
) -> dict[str, forms.Field]:
    """Return name -> form field for each of the provider's settings that can be drawn.

    Args:
        kept: the settings of the channel as they are stored, without secrets.
        sealed: secrets are stored already, so an empty one means "as it is".
    """
    drawn: dict[str, forms.Field] = {}
    secrets = secret_names(provider)
    for name, info in provider.Settings.model_fields.items():
        field = _secret(info, sealed) if name in secrets else _field(info)
        if field is None:
            continue
        field.label = _(info.title) if info.title else name.replace("_", " ").capitalize()
        hint = _(info.description) if info.description else ""
        if name in secrets and sealed:
            hint = " ".join(filter(None, [hint, _("Kept. Leave it empty to keep it.")]))
        field.help_text = hint
        if name not in secrets:
            default = None if info.is_required() else info.get_default(call_default_factory=True)
            field.initial = _shown(kept.get(name, default))
        drawn[PREFIX + name] = field
    return drawn


def settings_typed(
    provider: Provider, cleaned: Mapping[str, Any], kept: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings as the command takes them: what was typed over what is kept."""
    typed = dict(kept)
    for name, info in provider.Settings.model_fields.items():
        if PREFIX + name not in cleaned:
            continue
        value = cleaned[PREFIX + name]
        kind, optional = _plain(info.annotation)
        if get_origin(kind) is list:
            value = [line.strip() for line in str(value or "").splitlines() if line.strip()]
        if value in (None, "") and kind not in (str, SecretStr):
            if optional:
                typed[name] = None
            else:
                typed.pop(name, None)  # the provider's own default
            continue
        typed[name] = value
    return typed


def _plain(annotation: Any) -> tuple[Any, bool]:
    """Return a type without its "or None", and whether it had one."""
    if get_origin(annotation) in (Union, UnionType):
        parts = [part for part in get_args(annotation) if part is not NoneType]
        return (parts[0] if len(parts) == 1 else None), NoneType in get_args(annotation)
    return annotation, False


def _secret(info: FieldInfo, sealed: bool) -> forms.Field:
    widget = forms.PasswordInput({"autocomplete": "new-password"})
    return forms.CharField(required=info.is_required() and not sealed, widget=widget, strip=False)


def _field(info: FieldInfo) -> forms.Field | None:
    kind, optional = _plain(info.annotation)
    required = info.is_required() and not optional
    if kind is bool:
        return forms.BooleanField(required=False)
    if kind is int:
        return forms.IntegerField(required=required)
    if kind in (float, Decimal):
        return forms.DecimalField(required=required)
    if kind is str:
        longest = next((m.max_length for m in info.metadata if hasattr(m, "max_length")), None)
        widget = forms.Textarea({"rows": 3}) if (longest or 0) > _LONG else forms.TextInput()
        return forms.CharField(required=required, max_length=longest, widget=widget)
    if get_origin(kind) is Literal:
        return _choice([(str(v), str(v)) for v in get_args(kind)], info, required)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _choice([(str(v.value), str(getattr(v, "label", v.value))) for v in kind], info,
                       required)  # fmt: skip
    if get_origin(kind) is list and get_args(kind) == (str,):
        return forms.CharField(required=required, widget=forms.Textarea({"rows": 3}))
    return None


def _choice(pairs: list[tuple[str, str]], info: FieldInfo, required: bool) -> forms.Field:
    """A list; a provider names its values by `json_schema_extra={"labels": {value: words}}`."""
    extra = info.json_schema_extra
    labels: Any = extra.get("labels", {}) if isinstance(extra, dict) else {}
    named = [(value, _(str(labels[value])) if value in labels else word) for value, word in pairs]
    none = [] if required or (not info.is_required() and info.default is not None) else [("", "—")]
    return forms.ChoiceField(required=required, choices=[*none, *named])


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return "\n".join(str(one) for one in value)
    return value.value if isinstance(value, Enum) else value
