"""Forms for tests."""

from __future__ import annotations

from typing import Any

from tests.factories import make_field, make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.channels.commands import ChannelSpec
from voronka.channels.providers.forms.commands import FormSpec, create_form
from voronka.channels.providers.forms.models import Form
from voronka.channels.providers.forms.schema import USUAL_FIELDS
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText

SYSTEM = Actor.system()
BUDGET = [
    {"code": "big", "name": {"ru": "Большой", "en": "Big"}, "points": 5},
    {"code": "small", "name": {"ru": "Малый", "en": "Small"}, "points": 1},
]


def make_form(fields: list[dict[str, Any]] | None = None, **extra: Any) -> Form:
    """A form of name, phone and message into a lead funnel with BANT; plain when fields is []."""
    lead = make_item_type("lead", grade_rule={"fields": ["budget"], "a": 5, "b": 3})
    make_field(lead, "budget", "list", options=BUDGET)
    pipeline = make_pipeline(lead, reasons=True)
    channel = ChannelSpec(
        name=extra.pop("name", "Site form"),
        settings={},
        pipeline_id=pipeline.pk,
        owner_id=make_user().pk,
    )
    usual = [one.model_dump(mode="json") for one in USUAL_FIELDS]
    spec = FormSpec(channel, usual if fields is None else fields, **extra)
    return create_form(spec, by=SYSTEM)


def consent() -> LocalText:
    """What a visitor agrees to."""
    return LocalText("Согласен на обработку данных", "I agree")
