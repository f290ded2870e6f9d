"""Drafts of funnels: nothing applies until it is published, and then the whole at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import SYSTEM, make_field, make_item, make_pipeline, stage
from tests.people.factories import make_user
from voronka.blueprints.errors import HeirMissing
from voronka.blueprints.schema import Text
from voronka.drafts import commands
from voronka.drafts.errors import DraftMoved, StageMoved
from voronka.drafts.models import DraftStep, PipelineDraft, PipelineVersion
from voronka.drafts.queries import canvas, planned, print_of
from voronka.items.commands import move_item
from voronka.items.errors import GateClosed
from voronka.items.models import StageVisit
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden
from voronka.kernel.texts import LocalText
from voronka.pipelines.commands.fields import archive_field
from voronka.pipelines.commands.pipelines import archive_pipeline
from voronka.pipelines.commands.stages import require_from
from voronka.pipelines.errors import InUse, InvalidSetup, NoSuchPart
from voronka.pipelines.models import Pipeline, Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline():
    return make_pipeline()


def codes(pipeline):
    """Codes of the published stages, in order."""
    return list(pipeline.stages.values_list("code", flat=True))


def drawn(pipeline):
    """Codes of the stages as the draft has them."""
    return list(table(pipeline).wanted.stages)


def table(pipeline):
    found = Pipeline.objects.select_related("item_type", "calendar").get(pk=pipeline.pk)
    return canvas(found)


def add(pipeline, name="КП отправлено", after="s1", **extra):
    return commands.add_stage(
        pipeline.pk, name=LocalText(name), after=after, by=extra.pop("by", SYSTEM), **extra
    )


def publish(pipeline, by=SYSTEM):
    return commands.publish_draft(pipeline.pk, seen=table(pipeline).stamp, by=by)


def test_an_edit_changes_the_draft_and_not_the_funnel(pipeline):
    code = add(pipeline)
    assert code == "kp_otpravleno"
    assert drawn(pipeline) == ["s1", code, "s2", "s3", "s4", "won", "lost"]
    assert codes(pipeline) == ["s1", "s2", "s3", "s4", "won", "lost"]


def test_publishing_makes_the_funnel_what_the_draft_says(pipeline):
    code = add(pipeline)
    commands.move_stage(pipeline.pk, "s4", after=None, by=SYSTEM)
    commands.change_stage(pipeline.pk, "s2", {"key": True, "deadline": "2d"}, by=SYSTEM)
    commands.change_funnel(pipeline.pk, {"name": Text(ru="Опт", en="Wholesale")}, by=SYSTEM)
    version = publish(pipeline)
    pipeline.refresh_from_db()
    assert codes(pipeline) == ["s4", "s1", code, "s2", "s3", "won", "lost"]
    assert (stage(pipeline, "s2").key, stage(pipeline, "s2").deadline_minutes) == (True, 960)
    assert pipeline.name == LocalText("Опт", "Wholesale")
    assert version.number == 2
    assert not PipelineDraft.objects.exists()
    assert not DraftStep.objects.exists()
    event = Event.objects.get(verb="pipeline.published")
    assert (event.diff["version"], event.diff["added"]) == (2, 1)


def test_what_is_published_is_what_was_agreed_to(pipeline):
    add(pipeline)
    agreed = table(pipeline).stamp
    commands.change_stage(pipeline.pk, "s1", {"color": "red"}, by=SYSTEM)
    with pytest.raises(DraftMoved):
        commands.publish_draft(pipeline.pk, seen=agreed, by=SYSTEM)
    assert "kp_otpravleno" not in codes(pipeline)


def test_cards_of_a_dropped_stage_and_their_history_go_to_the_heir(pipeline):
    then = timezone.now() - timedelta(days=3)
    item = make_item(pipeline, at=then)
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    commands.drop_stage(pipeline.pk, "s2", heir="s3", by=SYSTEM)
    item.refresh_from_db()
    assert item.stage.code == "s2"  # a draft moves no card
    sentences = [e.sentence for c in planned(table(pipeline)).changes for e in c.effects]
    assert any("Step 3" in s or "Этап 3" in s for s in sentences)
    publish(pipeline)
    item.refresh_from_db()
    assert item.stage.code == "s3"
    stays = StageVisit.objects.filter(item=item).order_by("entered_at")
    assert [visit.stage.code for visit in stays] == ["s1", "s3"]
    assert "s2" not in codes(pipeline)


def test_a_published_stage_is_not_dropped_without_an_heir(pipeline):
    with pytest.raises(InvalidSetup):
        commands.drop_stage(pipeline.pk, "s2", by=SYSTEM)
    with pytest.raises(InvalidSetup):
        commands.drop_stage(pipeline.pk, "s2", heir="lost", by=SYSTEM)


def test_the_won_stage_and_the_last_of_a_kind_stay(pipeline):
    for code in ("won", "lost"):
        with pytest.raises(InUse):
            commands.drop_stage(pipeline.pk, code, heir="s1", by=SYSTEM)


def test_an_heir_that_is_dropped_in_turn_hands_its_inheritance_on(pipeline):
    commands.drop_stage(pipeline.pk, "s2", heir="s3", by=SYSTEM)
    commands.drop_stage(pipeline.pk, "s3", heir="s4", by=SYSTEM)
    assert table(pipeline).gone == {"s2": "s4", "s3": "s4"}
    publish(pipeline)
    assert codes(pipeline) == ["s1", "s4", "won", "lost"]


def test_a_stage_that_was_never_published_goes_without_an_heir(pipeline):
    code = add(pipeline)
    commands.drop_stage(pipeline.pk, code, by=SYSTEM)
    assert drawn(pipeline) == codes(pipeline)
    assert table(pipeline).differences == []


def test_a_dropped_stage_can_be_put_back_where_it_was(pipeline):
    commands.drop_stage(pipeline.pk, "s2", heir="s3", by=SYSTEM)
    commands.return_stage(pipeline.pk, "s2", by=SYSTEM)
    assert drawn(pipeline) == codes(pipeline)
    assert table(pipeline).wanted.heirs == {}


def test_won_and_lost_stay_behind_whatever_is_moved(pipeline):
    commands.move_stage(pipeline.pk, "lost", after=None, by=SYSTEM)
    commands.move_stage(pipeline.pk, "s1", after="won", by=SYSTEM)
    assert drawn(pipeline) == ["s2", "s3", "s4", "s1", "won", "lost"]
    lost = add(pipeline, "Отложено", after="lost", kind="lost")
    assert drawn(pipeline)[-2:] == ["lost", lost]


def test_edits_are_taken_back_one_by_one_until_nothing_is_left(pipeline):
    add(pipeline)
    commands.change_stage(pipeline.pk, "s1", {"critical": True}, by=SYSTEM)
    commands.undo_edit(pipeline.pk, by=SYSTEM)
    assert not table(pipeline).wanted.stages["s1"].critical
    assert "kp_otpravleno" in drawn(pipeline)
    commands.undo_edit(pipeline.pk, by=SYSTEM)
    assert not PipelineDraft.objects.exists()
    with pytest.raises(NoSuchPart):
        commands.undo_edit(pipeline.pk, by=SYSTEM)


def test_an_edit_that_changes_nothing_begins_no_draft(pipeline):
    commands.change_stage(pipeline.pk, "s1", {"color": "grey"}, by=SYSTEM)
    commands.move_stage(pipeline.pk, "s1", after=None, by=SYSTEM)
    assert not PipelineDraft.objects.exists()
    assert not Event.objects.filter(verb__startswith="draft.").exists()


def test_only_so_many_edits_are_kept(pipeline, monkeypatch):
    monkeypatch.setattr(commands, "KEPT_STEPS", 3)
    for color in ("red", "blue", "teal", "lime", "pink"):
        commands.change_stage(pipeline.pk, "s1", {"color": color}, by=SYSTEM)
    assert DraftStep.objects.count() == 3


def test_a_discarded_draft_leaves_the_funnel_alone(pipeline):
    add(pipeline)
    commands.discard_draft(pipeline.pk, by=SYSTEM)
    assert drawn(pipeline) == codes(pipeline) == ["s1", "s2", "s3", "s4", "won", "lost"]
    assert Event.objects.filter(verb="draft.discarded").count() == 1


def test_a_passport_written_over_somebody_elses_is_asked_about(pipeline):
    seen = print_of(table(pipeline).wanted.stages["s1"])
    commands.change_stage(pipeline.pk, "s1", {"goal": Text(ru="Понять задачу")}, by=SYSTEM)
    with pytest.raises(StageMoved):
        commands.change_stage(pipeline.pk, "s1", {"color": "red"}, seen=seen, by=SYSTEM)


@pytest.mark.parametrize(
    ("part", "value"),
    [("name", Text()), ("color", "brown"), ("required", ["nowhere"]), ("deadline", "soon")],
)
def test_what_could_not_be_published_is_refused_at_once(pipeline, part, value):
    with pytest.raises(InvalidSetup) as refusal:
        commands.change_stage(pipeline.pk, "s1", {part: value}, by=SYSTEM)
    assert part in refusal.value.fields


def test_a_required_field_of_the_draft_is_asked_for_once_it_is_published(pipeline):
    make_field(pipeline.item_type, "budget")
    item = make_item(pipeline)
    commands.change_stage(pipeline.pk, "s2", {"required": ["budget"]}, by=SYSTEM)
    publish(pipeline)
    with pytest.raises(GateClosed):
        move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)


def test_a_field_required_meanwhile_stays_required(pipeline):
    make_field(pipeline.item_type, "budget")
    commands.change_stage(pipeline.pk, "s2", {"color": "red"}, by=SYSTEM)
    kind = pipeline.item_type.code
    require_from(kind, "budget", {pipeline.code: "s2"}, by=SYSTEM)
    publish(pipeline)
    assert stage(pipeline, "s2").required == ["budget"]
    assert stage(pipeline, "s2").color == "red"


def test_a_field_archived_meanwhile_is_asked_for_no_more(pipeline):
    make_field(pipeline.item_type, "budget")
    commands.change_stage(pipeline.pk, "s2", {"required": ["budget"], "key": True}, by=SYSTEM)
    archive_field(pipeline.item_type.code, "budget", by=SYSTEM)
    publish(pipeline)
    assert (stage(pipeline, "s2").required, stage(pipeline, "s2").key) == ([], True)


def test_nothing_is_published_while_an_heir_is_missing(pipeline):
    make_item(pipeline)
    commands.drop_stage(pipeline.pk, "s1", heir="s2", by=SYSTEM)
    Stage.objects.filter(pipeline=pipeline, code="s2").delete()  # behind the draft's back
    with pytest.raises(HeirMissing):
        publish(pipeline)
    assert "s1" in codes(pipeline)
    assert PipelineDraft.objects.exists()


def test_an_earlier_version_can_be_drawn_and_published_again(pipeline):
    item = make_item(pipeline)
    code = add(pipeline)
    publish(pipeline)
    move_item(item.pk, to=stage(pipeline, code), by=SYSTEM)
    commands.redraw_version(pipeline.pk, 1, by=SYSTEM)
    assert table(pipeline).gone == {code: "s1"}
    publish(pipeline)
    item.refresh_from_db()
    assert item.stage.code == "s1"
    numbers = PipelineVersion.objects.filter(pipeline=pipeline).values_list("number", flat=True)
    assert list(numbers) == [3, 2, 1]


def test_an_archived_funnel_is_not_redrawn(pipeline):
    make_pipeline(pipeline.item_type)
    archive_pipeline(pipeline.code, by=SYSTEM)
    with pytest.raises(InUse):
        add(pipeline)


def test_only_those_who_set_up_may_draw(pipeline):
    by = Actor.user(make_user("manager"))
    for attempt in (
        lambda: add(pipeline, by=by),
        lambda: commands.move_stage(pipeline.pk, "s1", after="s2", by=by),
        lambda: commands.change_stage(pipeline.pk, "s1", {"key": True}, by=by),
        lambda: commands.drop_stage(pipeline.pk, "s1", heir="s2", by=by),
        lambda: commands.return_stage(pipeline.pk, "s1", by=by),
        lambda: commands.change_funnel(pipeline.pk, {"forward_only": False}, by=by),
        lambda: commands.undo_edit(pipeline.pk, by=by),
        lambda: commands.discard_draft(pipeline.pk, by=by),
        lambda: commands.publish_draft(pipeline.pk, seen="", by=by),
        lambda: commands.redraw_version(pipeline.pk, 1, by=by),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_a_funnel_is_laid_on_the_table_in_few_queries(pipeline, django_assert_num_queries):
    add(pipeline)
    found = Pipeline.objects.select_related("item_type", "calendar").get(pk=pipeline.pk)
    # draft, stages, reasons, limit, repeats, fields; keys, roles
    with django_assert_num_queries(8):
        laid = canvas(found)
        assert laid.stages
        assert laid.advice
        assert laid.differences
