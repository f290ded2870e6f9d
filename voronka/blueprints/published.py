"""The JSON Schema of a blueprint, as docs/blueprint.schema.json publishes it for editors."""

from __future__ import annotations

from typing import Any

from voronka.blueprints.outside import channels
from voronka.blueprints.robots import publish
from voronka.blueprints.schema import Blueprint


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema, with the parameters of every known trigger, action and channel."""
    schema = Blueprint.model_json_schema()
    publish(schema)
    channels.publish(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Voronka blueprint",
        **{key: value for key, value in schema.items() if key != "title"},
    }
