"""export → apply into an empty database → export gives the same bytes; apply is idempotent."""

import pytest

from voronka.blueprints import ready_companies
from voronka.blueprints.commands import apply
from voronka.blueprints.queries import export
from voronka.blueprints.reading import read
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.people.models import Department, Role, WorkingCalendar
from voronka.pipelines.models import Field, ItemType, Pipeline, Section, Source
from voronka.products.models import Product

pytestmark = pytest.mark.django_db
BY = Actor.system("test")


def empty_the_set_up():
    Department.objects.update(parent=None)
    for model in (Pipeline, Field, Section, ItemType, Source, Product, Department):
        model.objects.all().delete()
    Role.objects.all().delete()
    WorkingCalendar.objects.all().delete()


@pytest.mark.parametrize("name", ready_companies.names())
def test_an_export_applied_to_an_empty_database_exports_the_same_bytes(name):
    apply(ready_companies.load(name), by=BY)
    first = export(products=True)
    empty_the_set_up()
    assert Pipeline.objects.count() == 0
    apply(read(first), by=BY)
    assert export(products=True) == first


def test_applying_a_second_time_writes_nothing():
    apply(ready_companies.load("furniture"), by=BY)
    events = Event.objects.count()
    again = apply(ready_companies.load("furniture"), by=BY)
    assert again.is_empty, again.as_text()
    assert Event.objects.count() == events


def test_the_furniture_maker_has_exactly_the_funnels_of_the_method():
    apply(ready_companies.load("furniture"), by=BY)
    assert list(Pipeline.objects.values_list("code", flat=True)) == [
        "leads",
        "retail_office",
        "retail_shop",
        "wholesale_new",
        "wholesale_repeat",
        "facades_new",
        "facades_repeat",
        "nurturing",
        "refusals",
        "production",
        "claims",
    ]
    customs = ItemType.objects.filter(kind=ItemType.Kind.CUSTOM)
    assert set(customs.values_list("code", flat=True)) == {"production", "claims"}
