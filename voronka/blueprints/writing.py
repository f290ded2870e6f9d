"""From a Blueprint to YAML text, always the same bytes for the same set-up."""

from __future__ import annotations

import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import LiteralScalarString

from voronka.blueprints.schema import Blueprint, Text

SCHEMA_HINT = "# yaml-language-server: $schema=./blueprint.schema.json\n"


def write(blueprint: Blueprint) -> str:
    """Write a blueprint; what equals the default is left out."""
    yaml = YAML(typ="rt")
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(_plain(blueprint), out)
    return SCHEMA_HINT + out.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        if value.ru and value.en:
            return CommentedMap(ru=_words(value.ru), en=_words(value.en))
        return _words(value.ru) if value.ru else CommentedMap(en=_words(value.en))
    if isinstance(value, BaseModel):
        return _part(value)
    if isinstance(value, Mapping):
        return CommentedMap((key, _plain(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return _words(value) if isinstance(value, str) else value


def _part(part: BaseModel) -> CommentedMap:
    written = CommentedMap()
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if field.is_required() or value != field.get_default(call_default_factory=True):
            written[name] = _plain(value)
    return written


def _words(text: str) -> Any:
    """Write texts of several lines as a block, which a person can edit."""
    if "\n" in text and not any(line != line.rstrip() for line in text.split("\n")):
        return LiteralScalarString(text)
    return text
