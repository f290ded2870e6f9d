"""A draft follows the funnel underneath it: what it changed is its own, the rest is theirs."""

from hypothesis import given
from hypothesis import strategies as st

from voronka.blueprints.schema import PipelineSpec, StageSpec, Text
from voronka.drafts.merging import follow, with_others


def funnel(*codes, **changes):
    """Stages named by their codes; "won" and "lost" are of these kinds."""
    stages = {
        code: StageSpec(name=Text(ru=code), kind=code if code in ("won", "lost") else "open")
        for code in codes
    }
    return PipelineSpec(type="deal", name=Text(ru="Розница"), stages=stages, **changes)


def changed(document, code, **changes):
    part = document.stages[code].model_copy(update=changes)
    return document.model_copy(update={"stages": {**document.stages, code: part}})


BASE = funnel("a", "b", "c", "won", "lost")


def test_a_draft_over_an_unchanged_funnel_stays_as_it_is():
    mine = changed(BASE, "b", color="red")
    assert follow(BASE, mine, BASE) == mine


def test_what_others_changed_comes_in_and_what_the_draft_changed_stays():
    mine = changed(BASE, "b", color="red")
    now = changed(changed(BASE, "b", critical=True), "a", goal=Text(ru="Понять"))
    result = follow(BASE, mine, now)
    assert (result.stages["b"].color, result.stages["b"].critical) == ("red", True)
    assert result.stages["a"].goal.ru == "Понять"


def test_where_both_changed_the_same_the_draft_wins():
    mine, now = changed(BASE, "b", color="red"), changed(BASE, "b", color="blue")
    assert follow(BASE, mine, now).stages["b"].color == "red"


def test_required_fields_are_joined_one_by_one():
    base = changed(BASE, "b", required=["budget", "term"])
    mine = changed(base, "b", required=["term", "room"])
    now = changed(base, "b", required=["budget", "term", "source"])
    assert follow(base, mine, now).stages["b"].required == ["term", "source", "room"]


def test_a_stage_that_others_added_stands_where_they_put_it():
    now = funnel("a", "x", "b", "c", "won", "lost")
    assert list(follow(BASE, BASE, now).stages) == ["a", "x", "b", "c", "won", "lost"]


def test_the_drafts_own_order_and_stages_outlast_a_change_underneath():
    mine = funnel("c", "a", "new", "b", "won", "lost")
    now = funnel("a", "b", "x", "c", "won", "lost")
    assert list(follow(BASE, mine, now).stages) == ["c", "a", "new", "b", "x", "won", "lost"]


def test_a_stage_that_others_took_away_goes_unless_the_draft_reworked_it():
    now = funnel("a", "c", "won", "lost")
    assert "b" not in follow(BASE, BASE, now).stages
    assert "b" in follow(BASE, changed(BASE, "b", color="red"), now).stages


def test_an_heir_is_needed_only_for_what_is_still_there():
    mine = funnel("a", "c", "won", "lost", heirs={"b": "c"})
    assert follow(BASE, mine, changed(BASE, "a", color="red")).heirs == {"b": "c"}
    assert follow(BASE, mine, funnel("a", "c", "won", "lost")).heirs == {}


def test_loss_reasons_are_always_the_published_ones():
    reason = {"dear": {"name": Text(ru="Дорого")}}
    now = funnel("a", "b", "c", "won", "lost", loss_reasons=reason)
    assert list(follow(BASE, BASE, now).loss_reasons) == ["dear"]


CODES = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1)


@given(CODES, CODES, CODES)
def test_following_loses_nothing_that_anybody_added_and_repeats_nothing(base, mine, now):
    ends = ("won", "lost")
    result = follow(funnel(*base, *ends), funnel(*mine, *ends), funnel(*now, *ends))
    assert list(result.stages)[-2:] == ["won", "lost"]
    added = (set(mine) | set(now)) - set(base)
    assert added <= set(result.stages)
    assert set(mine) & set(now) <= set(result.stages)
    assert set(result.stages) - set(ends) <= set(mine) | set(now)


@given(CODES, CODES)
def test_others_are_put_behind_what_they_followed(order, other):
    result = with_others(order, other)
    assert [code for code in result if code in order] == order
    assert sorted(result) == sorted({*order, *other})
