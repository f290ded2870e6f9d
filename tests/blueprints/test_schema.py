"""The published JSON Schema is the one that the code has."""

import json
from pathlib import Path

from voronka.blueprints.published import json_schema
from voronka.channels.registry import providers

DOCS = Path(__file__).parents[2] / "docs"


def test_the_published_schema_is_the_schema(monkeypatch):
    strangers = [c for c, p in providers().items() if not type(p).__module__.startswith("voronka.")]
    for code in strangers:  # kinds of channels that tests have brought
        monkeypatch.delitem(providers(), code)
    published = json.loads((DOCS / "blueprint.schema.json").read_text())
    assert published == json_schema(), "voronka blueprint schema > docs/blueprint.schema.json"


def test_editors_complete_the_settings_of_channels_and_never_a_secret():
    defs = json_schema()["$defs"]
    assert "signature" in defs["channel.mail"]["properties"]
    assert "password" not in defs["channel.mail"]["properties"]
    assert "mapping" in defs["channel.hook"]["properties"]
