"""The published JSON Schema is the one that the code has."""

import json
from pathlib import Path

from voronka.blueprints.published import json_schema

DOCS = Path(__file__).parents[2] / "docs"


def test_the_published_schema_is_the_schema():
    published = json.loads((DOCS / "blueprint.schema.json").read_text())
    assert published == json_schema(), "voronka blueprint schema > docs/blueprint.schema.json"
