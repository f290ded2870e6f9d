"""One filter for lists and boards: read, written back, applied, told in words."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_field, make_item, make_pipeline, make_reason, stage
from tests.people.factories import make_department, make_user
from voronka.items.commands import lose_item, win_item
from voronka.items.filters import CardFilter, Period, marks
from voronka.items.models import Item
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Field, Source
from voronka.timeline.commands.activities import Plan, plan_activity

pytestmark = pytest.mark.django_db
OPTIONS = [{"code": "low", "name": {"ru": "Мало"}}, {"code": "high", "name": {"ru": "Много"}}]


@pytest.fixture
def boss():
    return make_user("owner")


@pytest.fixture
def pipeline():
    return make_pipeline(reasons=True)


def read(text):
    return CardFilter.read(QueryDict(text))


def found(user, text, **options):
    cards = read(text).apply(Item.objects.visible_to(user), user, **options)
    return set(cards.values_list("title", flat=True))


def test_without_a_word_only_open_cards_are_shown(boss, pipeline):
    make_item(pipeline, title="open")
    win_item(make_item(pipeline, title="won").pk, by=SYSTEM)
    assert found(boss, "") == {"open"}
    assert found(boss, "state=all") == {"open", "won"}


def test_cards_are_told_apart_by_their_end(boss, pipeline):
    reason = pipeline.loss_reasons.get()
    inner = make_reason(pipeline, parent=reason)
    make_item(pipeline, title="open")
    win_item(make_item(pipeline, title="won").pk, by=SYSTEM)
    lose_item(make_item(pipeline, title="lost").pk, reason=inner, by=SYSTEM)
    assert found(boss, "state=won") == {"won"}
    assert found(boss, "state=lost") == {"lost"}
    assert found(boss, "state=closed") == {"won", "lost"}
    assert found(boss, f"reason={reason.pk}") == {"lost"}
    assert found(boss, "closed=today") == {"won", "lost"}
    assert found(boss, f"stage={stage(pipeline, 'won').pk}") == {"won"}


def test_cards_are_found_by_who_answers_for_them(boss, pipeline):
    top = make_department()
    below = make_department(top)
    anna, boris = make_user(department=below), make_user()
    for owner, title in ((boss, "mine"), (anna, "anna"), (boris, "boris")):
        make_item(pipeline, owner=owner, title=title)
    assert found(boss, "mine=1") == {"mine"}
    assert found(boss, f"owner={anna.pk}&owner={boris.pk}") == {"anna", "boris"}
    assert found(boss, f"mine=1&owner={anna.pk}") == {"mine", "anna"}
    assert found(boss, f"department={top.pk}") == {"anna"}


def test_a_filter_never_shows_more_than_the_rights(pipeline):
    manager = make_user("manager")
    make_item(pipeline, title="stranger")
    make_item(pipeline, owner=manager, title="own")
    assert found(manager, "state=all") == {"own"}
    assert found(manager, "q=stranger&state=all") == set()


def test_cards_are_found_by_what_is_owed(boss, pipeline):
    late = pipeline.stages.get(code="s1")
    late.deadline_minutes = 60
    late.deadline_working = False
    late.save()
    now = timezone.now()
    make_item(pipeline, title="stalled", at=now - timedelta(days=2))
    planned = {
        "overdue": now - timedelta(hours=1),
        "today": timezone.localtime(now).replace(hour=23, minute=59),
        "later": now + timedelta(days=3),
    }
    for title, due in planned.items():
        item = make_item(pipeline, title=title, at=now)
        plan_activity(Plan("call", "Call", due), by=SYSTEM, item_id=item.pk)
    assert found(boss, "overdue=1") == {"stalled"}
    assert found(boss, "step=none") == {"stalled"}
    assert found(boss, "step=overdue") >= {"overdue"}
    assert "today" in found(boss, "step=today")
    assert found(boss, "step=later") == {"later"}
    assert found(boss, "step=none&step=later") == {"stalled", "later"}


def test_cards_are_found_by_their_facts(boss, pipeline):
    site = Source.objects.create(code="site", name=LocalText("Сайт"))
    client = make_client("Волков")
    make_item(pipeline, title="site", source=site.pk, amount=500)
    make_item(pipeline, title="known", contact=client.pk, amount=1500)
    assert found(boss, f"source={site.pk}") == {"site"}
    assert found(boss, "source=none") == {"known"}
    assert found(boss, f"client={client.pk}") == {"known"}
    assert found(boss, "amount.from=1 000,50") == {"known"}
    assert found(boss, "amount.to=500") == {"site"}
    assert found(boss, "grade=none") == {"site", "known"}
    assert found(boss, "grade=A") == set()
    assert found(boss, "repeat=1") == set()
    assert found(boss, "created=today") == {"site", "known"}
    assert found(boss, "created.to=2001-01-01") == set()


@pytest.mark.parametrize("typed", ["Кухня", "ухн", "re[yz", "Волк", "916 123", "kuhnya"])
def test_a_text_is_found_in_the_title_and_at_the_client(boss, pipeline, typed):
    client = make_client("Пётр Волков", phones=("+7 916 123-45-67",))
    make_item(pipeline, title="Кухня угловая", contact=client.pk)
    make_item(pipeline, title="Шкаф")
    assert found(boss, f"q={typed}") == {"Кухня угловая"}


@pytest.mark.parametrize(
    ("kind", "value", "hits", "misses"),
    [
        ("text", "Дуб и сосна", ["=дуб", ".is=filled"], ["=бук", ".is=empty"]),
        ("phone", "8 916 123-45-67", ["=916 123", "=8 916 123-45-67"], ["=999"]),
        ("number", "12,5", [".from=12", ".from=12.5&f-x.to=13"], [".from=13", ".to=12"]),
        ("money", "1200", [".from=1 000", ".to=1200"], [".from=1200.01", ".to=1199"]),
        ("date", "2025-03-10", [".from=2025-03-10&f-x.to=2025-03-10"], [".to=2025-03-09"]),
        ("datetime", "2025-03-10T00:30", [".from=2025-03-10"], [".from=2025-03-11", "=today"]),
        ("boolean", "да", ["=1", "=1&f-x=0"], ["=0"]),
        ("list", "low", ["=low", "=low&f-x=high"], ["=high"]),
        ("multi_list", "low;high", ["=low", "=high"], ["=other"]),
    ],
)
def test_cards_are_found_by_custom_fields_of_every_kind(boss, pipeline, kind, value, hits, misses):
    item_type = pipeline.item_type
    make_field(item_type, "x", kind, options=OPTIONS if "list" in kind else [])
    make_item(pipeline, title="has", x=value)
    make_item(pipeline, title="bare")
    for test in hits:
        assert found(boss, f"f-x{test}", item_type=item_type) == {"has"}, test
    for test in misses:
        assert "has" not in found(boss, f"f-x{test}", item_type=item_type), test
    assert found(boss, "f-x.is=empty") == {"bare"}


def test_cards_are_found_by_the_card_they_name(boss, pipeline):
    make_field(pipeline.item_type, "x", "item")
    named = make_item(pipeline, title="named")
    make_item(pipeline, title="naming", x=named.pk)
    assert found(boss, f"f-x={named.pk}") == {"naming"}


def test_a_code_of_two_types_means_the_field_of_each(boss, pipeline):
    other = make_pipeline()
    make_field(pipeline.item_type, "x", "list", options=OPTIONS)
    make_field(other.item_type, "x", "text")
    make_item(pipeline, title="list", x="low")
    make_item(other, title="text", x="below")
    assert found(boss, "f-x=low") == {"list", "text"}
    narrow = read("f-x=low").apply(
        Item.objects.filter(pipeline=other), boss, item_type=other.item_type
    )
    assert [item.title for item in narrow] == ["text"]


def test_a_column_asks_for_its_own_stage(boss, pipeline):
    item = make_item(pipeline, title="won", amount=10)
    win_item(item.pk, by=SYSTEM)
    cards = Item.objects.filter(stage=stage(pipeline, "won"))
    asked = read("amount.from=5&state=open&stage=1")
    assert list(asked.apply(cards, boss, any_state=True)) == [Item.objects.get(pk=item.pk)]


def test_what_cannot_be_read_is_left_out_and_told(boss):
    asked = read(
        "amount.from=much&created.to=someday&owner=x&state=odd&grade=Z&step=never&source=q"
    )
    assert not asked
    assert len(asked.refused) == 2
    assert any("much" in sentence for sentence in asked.refused)


def test_a_filter_is_told_in_words_and_taken_away_piece_by_piece(boss, pipeline):
    make_field(pipeline.item_type, "material", "list", options=OPTIONS)
    anna = make_user(name="Анна Ким")
    text = f"q=дуб&mine=1&owner={anna.pk}&f-material=low&f-gone=1&created=month&amount.from=1000"
    asked = read(f"{text}&stage={stage(pipeline, 's2').pk}&step=none&step=today")
    with translation.override("ru"):
        told = {mark.param: mark for mark in marks(asked, boss, item_type=pipeline.item_type)}
    assert told["owner"].text == "Анна Ким"
    assert told["f-material"].text == "Мало"
    assert told["f-gone"].broken
    assert told["stage"].text == "Этап 2"
    assert told["step"].text == "нет, сегодня"
    for param in told:
        assert param not in {mark.param for mark in marks(asked.without(param), boss)}
    assert asked.without("amount").amount_from is None
    assert asked.without(*told) == CardFilter()


def test_a_filter_costs_no_more_queries_than_it_promises(boss, pipeline, django_assert_num_queries):
    make_field(pipeline.item_type, "x", "text")
    cards = Item.objects.filter(pipeline=pipeline)
    with django_assert_num_queries(1):
        list(read("mine=1&overdue=1&step=none&amount.to=5").apply(cards, boss))
    with django_assert_num_queries(6):  # nothing has the text, so no card is asked for
        list(read("f-x=a&stage=1&q=сосна").apply(cards, boss))


@pytest.mark.parametrize(
    "preset", ["today", "yesterday", "week", "last_week", "month", "last_month", "quarter", "year"]
)
def test_named_periods_are_whole(preset):
    first, last = Period(preset).days()
    assert first <= last
    since, until = Period(preset).moments()
    assert since < until


KINDS = [k for k in Field.Kind.values if k not in ("long_text", "url", "address")]
PARAMS = st.sampled_from(
    [
        *("q", "mine", "owner", "department", "overdue", "step", "grade", "source", "stage"),
        *("state", "created", "created.from", "created.to", "closed", "closed.from", "closed.to"),
        *("amount.from", "amount.to", "repeat", "reason", "client", "page", "f-é"),
        *("f-x", "f-x.from", "f-x.to", "f-x.is", "f-x.odd"),
    ]
)
VALUES = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.dates().map(str),
    st.sampled_from(
        [
            "1",
            "0",
            "none",
            "A",
            "B",
            "open",
            "won",
            "lost",
            "all",
            "today",
            "month",
            "30d",
            "filled",
            "empty",
            "1e999",
            "NaN",
            "0001-01-01",
            "low",
            "'",
        ]
    ),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(PARAMS, VALUES), max_size=12))
def test_any_address_is_read_written_back_and_applied_without_failing(db, pairs):
    query = QueryDict(mutable=True)
    for name, value in pairs:
        query.appendlist(name, value)
    asked = CardFilter.read(query)
    written = QueryDict(mutable=True)
    for name, values in asked.query().items():
        written.setlist(name, values)
    assert CardFilter.read(QueryDict(written.urlencode())) == asked
    assert asked.without().query() == asked.query()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs=st.lists(st.tuples(PARAMS, VALUES), max_size=6),
    kind=st.sampled_from(
        [
            "text",
            "phone",
            "number",
            "money",
            "date",
            "datetime",
            "boolean",
            "list",
            "multi_list",
            "user",
            "file",
        ]
    ),
)
def test_any_address_can_be_applied_to_a_field_of_any_kind(boss, pipeline, pairs, kind):
    pipeline.item_type.fields.all().delete()
    make_field(pipeline.item_type, "x", kind, options=OPTIONS)
    query = QueryDict(mutable=True)
    for name, value in pairs:
        query.appendlist(name, value)
    asked = CardFilter.read(query)
    assert list(asked.apply(Item.objects.visible_to(boss), boss)) == []
    assert len(marks(asked, boss)) >= bool(asked)
