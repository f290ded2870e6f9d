"""A real sales history of 8,800 opportunities comes in whole and is reported truly.

The set lies beside the checkout (shared/data/maven-crm-sales) or not at all: it is no part of the
project. What is computed by pandas straight from the files must be what the report says.
"""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from django.core.files.base import File
from django.utils.translation import override

from tests.people.factories import make_user
from voronka.analytics.queries import sales_report
from voronka.blueprints.commands import apply
from voronka.blueprints.reading import read
from voronka.imports import commands
from voronka.imports.commands.preparing import take_file
from voronka.imports.mapping import read_yaml
from voronka.imports.models import ImportRun
from voronka.items.models import Item, StageVisit
from voronka.journal.actors import Actor

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "maven"
DATA = ROOT.parent / "shared" / "data" / "maven-crm-sales"
STAGE_NAMES = {
    "Prospecting": "Potential confirmed",
    "Engaging": "Talks begun",
    "Won": "Payment received",
    "Lost": "Refused",
}
FILES = {
    "sales_teams.csv": "agents.yaml",
    "products.csv": "products.yaml",
    "accounts.csv": "accounts.yaml",
    "sales_pipeline.csv": "opportunities.yaml",
}
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.is_dir(), reason="the Maven set does not lie beside the checkout"),
]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    frame = pd.read_csv(DATA / "sales_pipeline.csv", parse_dates=["engage_date", "close_date"])
    frame["product"] = frame["product"].replace({"GTXPro": "GTX Pro"})
    return frame


def bring_all() -> dict[str, ImportRun]:
    owner = make_user("owner")
    apply(read((EXAMPLE / "blueprint.yaml").read_text(encoding="utf-8")), by=Actor.user(owner))
    runs = {}
    for name, mapping in FILES.items():
        rules = read_yaml((EXAMPLE / mapping).read_text(encoding="utf-8"))
        with (DATA / name).open("rb") as stream:
            run = take_file(
                File(stream), name=name, entity=rules.entity, user=owner, pipeline=rules.pipeline
            )
        commands.prepare_import(run, mapping=rules)
        commands.start_import(run.pk, "run", by=Actor.user(owner), background=False)
        runs[name] = commands.work_on(run.pk)
    return runs


def test_the_whole_set_comes_in_and_the_report_agrees_with_pandas(frame):
    runs = bring_all()
    assert {name: run.counts for name, run in runs.items()} == {
        "sales_teams.csv": {"new": 35},
        "products.csv": {"new": 7},
        "accounts.csv": {"new": 85},
        "sales_pipeline.csv": {"new": 8800},
    }
    assert StageVisit.objects.filter(left_at=None).count() == Item.objects.count() == 8800
    assert Item.objects.filter(company=None).count() == int(frame["account"].isna().sum()) == 1425
    with override("en"):
        stages = frame["deal_stage"].replace(STAGE_NAMES)
        check_groups(frame, "stage", stages)
    check_groups(frame, "agent", frame["sales_agent"])
    check_groups(frame, "product", frame["product"])
    closed = frame[frame["close_date"].notna()]
    quarters = closed["close_date"].dt.to_period("Q").map(lambda q: f"{q.year} Q{q.quarter}")
    check_groups(closed, "quarter", quarters, beside={"not closed", "не закрыты"})


def check_groups(frame, dimension, keys, beside=frozenset()):
    rows = {
        row.labels[0]: row
        for row in sales_report(user=None, by=[dimension])
        if row.labels[0] not in beside
    }
    assert set(rows) == set(keys)
    for key, part in frame.groupby(keys):
        row = rows[key]
        won = part[part["deal_stage"] == "Won"]
        lost = part[part["deal_stage"] == "Lost"]
        assert row.cards == len(part)
        assert (row.won, row.lost) == (len(won), len(lost))
        assert row.won_sum == Decimal(int(won["close_value"].sum()))
        if len(won) + len(lost):
            assert row.win_rate == pytest.approx(len(won) / (len(won) + len(lost)))
        if len(won):
            days = (won["close_date"] - won["engage_date"]).mean()
            assert abs(row.cycle - days.to_pytimedelta()) < timedelta(seconds=1)
