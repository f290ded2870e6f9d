"""The mapping of an address: checked against its funnel and kept with the channel (AP-3)."""

from __future__ import annotations

from collections.abc import Mapping as Given
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from voronka.channels.commands import ChannelSpec, change_channel
from voronka.channels.models import Channel
from voronka.channels.providers.hook.schema import KEYS, PLAIN_TARGETS, Mapping
from voronka.journal.actors import Actor
from voronka.kernel import unfit
from voronka.kernel.errors import InvalidInput, NotFound, Sentence
from voronka.pipelines.models import Field, Pipeline

CODE = "hook"


@transaction.atomic
def save_mapping(channel_id: int, raw: Given[str, Any], *, by: Actor) -> Channel:
    """Say what an address does with what it gets; records `channel.changed`.

    Args:
        raw: as `schema.Mapping` reads it.
    Raises:
        NotFound: no such address.
        Forbidden: the role lacks "setup".
        InvalidInput: `fields` says what is wrong, as "rows.<n>.<part>", "key" or "once".
    """
    channel = Channel.objects.filter(pk=channel_id, provider=CODE, archived_at=None).first()
    if channel is None:
        raise NotFound(_("There is no such channel."))
    mapping = read_mapping(raw, pipeline=channel.pipeline)
    spec = ChannelSpec(
        name=channel.name,
        settings={**channel.settings, "mapping": mapping.model_dump(mode="json")},
        pipeline_id=channel.pipeline_id,
        source_id=channel.source_id,
        owner_id=channel.owner_id,
        distribution_id=channel.distribution_id,
        usual_pause=channel.usual_pause,
    )
    return change_channel(channel_id, spec, by=by)


def read_mapping(raw: Given[str, Any], *, pipeline: Pipeline | None) -> Mapping:
    """Read and check a mapping; one SQL query when it names fields of the card.

    Raises:
        InvalidInput: as `save_mapping`.
    """
    wrong: dict[str, Sentence] = {}
    mapping = None
    try:
        mapping = Mapping.model_validate(raw)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            wrong[".".join(map(str, problem["loc"]))] = unfit.sentence(dict(problem))
    if mapping is not None:
        wrong = _unknown_fields(mapping, pipeline)
        if not mapping.rows:
            wrong["rows"] = _("Say of at least one place where it goes.")
        needed = KEYS[mapping.key]
        if mapping.effect == "signal" and mapping.missing != "card" and not mapping.has(needed):
            wrong["key"] = _("Map a place to “%(target)s”: the card is found by it.") % {
                "target": PLAIN_TARGETS[needed]
            }
    if wrong or mapping is None:
        raise InvalidInput(
            _("Some fields can't be saved yet. Mend them and try again."), fields=wrong
        )
    return mapping


def _unknown_fields(mapping: Mapping, pipeline: Pipeline | None) -> dict[str, Sentence]:
    named = {
        number: row.target.removeprefix("item:")
        for number, row in enumerate(mapping.rows)
        if row.target.startswith("item:")
    }
    if not named or pipeline is None:
        return {}
    rows = Field.objects.filter(
        item_type_id=pipeline.item_type_id,
        archived=False,
        formula="",
        code__in=named.values(),
    )
    known = set(rows.values_list("code", flat=True))
    sentence = _("Cards of this funnel have no such field.")
    return {f"rows.{n}.target": sentence for n, code in named.items() if code not in known}
