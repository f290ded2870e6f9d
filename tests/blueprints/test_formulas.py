"""Formulas in the file: mistakes at their lines, the order of saving, the same bytes (RB-12)."""

import pytest

from tests.blueprints.setups import BY, empty_home
from tests.factories import SYSTEM, make_item
from voronka.blueprints import ready_companies
from voronka.blueprints.commands import apply
from voronka.blueprints.errors import Refused
from voronka.blueprints.plans import plan
from voronka.blueprints.queries import export
from voronka.blueprints.reading import examine, read
from voronka.items.commands import edit_item
from voronka.items.models import Item
from voronka.pipelines.models import Field, ItemType, Pipeline

COMPANY = ready_companies.text("minimal")
DEAL = "\n  deal:\n"


def with_fields(**formulas):
    """The smallest company with a cost of its deals and these fields counted, in this order."""
    head, _sections, rest = COMPANY[COMPANY.index(DEAL) :].partition("    sections:\n")
    fields = "".join(
        f"          {code}: {{name: {code}, kind: money, formula: {formula!r}}}\n"
        for code, formula in formulas.items()
    )
    own = (
        "    sections:\n      money:\n        name: Деньги\n        fields:\n"
        f"{fields}          cost: {{name: Цена закупки, kind: money}}\n"
    )
    if not rest:
        pytest.fail("the company has no sections of deals")
    return COMPANY[: COMPANY.index(DEAL)] + head + own + rest


@pytest.mark.parametrize(
    ("formulas", "said"),
    [
        ({"margin": "amount - kost"}, "Знак 10. Нет поля «kost». Может быть, «cost»"),
        ({"margin": "title"}, "Формула даёт: текст, а нужно: деньги."),
        ({"margin": "amount * (today() > created_at)"}, "Это не сочетается"),
        ({"one": "two + 1", "two": "one + 1"}, "по кругу: one, two"),
    ],
)
def test_a_mistake_is_told_at_its_line_without_a_database(formulas, said):
    text = with_fields(**formulas)
    _blueprint, problems = examine(text)
    first = problems[0]
    code = next(iter(formulas))
    assert first.path == f"item_types.deal.sections.money.fields.{code}.formula"
    assert said in first.message
    assert f"{code}:" in text.splitlines()[first.line - 1]


@pytest.mark.django_db
def test_formulas_are_saved_behind_what_they_count_on_and_export_the_same_bytes():
    text = with_fields(share="margin / 2", margin="amount - cost")
    apply(read(text), by=BY)
    kind = ItemType.objects.get(code="deal")
    assert [row[0] for row in kind.formulas["counted"]] == ["margin", "share"]
    first = export(products=True)
    assert "formula: amount - cost" in first
    empty_home()
    apply(read(first), by=BY)
    assert export(products=True) == first
    assert plan(read(first)).is_empty


@pytest.mark.django_db
def test_the_plan_says_that_cards_are_counted_anew_and_saves_typed_values():
    apply(read(with_fields(margin="amount - cost")), by=BY)
    pipeline = Pipeline.objects.filter(item_type__code="deal").first()
    item = make_item(pipeline, amount=100)
    edit_item(item.pk, {"cost": "10"}, by=SYSTEM)
    assert Item.objects.get(pk=item.pk).values["margin"] == "90.00"
    changed = plan(read(with_fields(margin="amount - cost * 2")))
    assert "Все карточки будут пересчитаны по новой формуле." in changed.as_text()
    Field.objects.filter(code="margin").update(formula="")
    typed = read(with_fields(margin="amount - cost * 2"))
    assert "формула его затрёт" in plan(typed).as_text()
    with pytest.raises(Refused):
        apply(typed, by=BY)
