"""How the demo's cards grew of one another: links, and the tunnels that they came through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from voronka.automation.models import Robot
from voronka.demo.drafts import Draft
from voronka.items.commands import loading
from voronka.items.commands.loading_past import PassageRow, load_passages
from voronka.items.models import ItemLink
from voronka.journal.actors import Actor
from voronka.pipelines.models import Stage


def join_cards(drafts: Sequence[Draft], users: Mapping[str, int], *, by: Actor) -> int:
    """Link cards that are written to those they grew of; return how many went through tunnels.

    Args:
        users: login -> user id.
    """
    links = [
        (draft.parent.pk, draft.pk, draft.link, draft.created_at)
        for draft in drafts
        if draft.parent is not None
    ]
    links += [
        (draft.source_card.pk, draft.pk, ItemLink.Kind.PART, draft.created_at)
        for draft in drafts
        if draft.source_card is not None
    ]
    loading.load_links(links, by=by)
    return load_passages(list(_passages(drafts, users)))


def _passages(drafts: Sequence[Draft], users: Mapping[str, int]) -> Iterator[PassageRow]:
    stages: dict[tuple[str, str], Stage] = {}
    for stage in Stage.objects.select_related("pipeline"):
        stages[stage.pipeline.code, stage.code] = stage
        if stage.kind != Stage.Kind.OPEN:
            stages[stage.pipeline.code, stage.kind] = stage
    names = {robot.code: str(robot.name) for robot in Robot.objects.all()}
    for draft in drafts:
        of = draft.source_card or (draft.parent if draft.tunnel else None)
        if of is None:
            continue
        there = [code for code, at in of.way.visits if at <= draft.created_at]
        robot = Actor("robot", None, names[draft.robot]) if draft.robot else None
        yield PassageRow(
            of.pk,
            draft.pk,
            stages[of.pipeline, there[-1]],
            stages[draft.pipeline, draft.way.stages[0]],
            draft.tunnel or "child",
            robot or Actor("user", users[of.person.login]),
            draft.created_at,
            draft.robot,
        )
