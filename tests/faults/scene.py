"""What goes on in an installation while the tests kill its processes. Run as a program.

python -m tests.faults.scene prepare        make people, cards and clients; print them as JSON
python -m tests.faults.scene import         hand ROWS rows and a move of MANY cards to the worker
python -m tests.faults.scene hammer         move, merge and convert without end, a line for each
python -m tests.faults.scene form           make a form and print its key
python -m tests.faults.scene sweep          card what dead processes left, as the worker does later
"""

import json
import sys
from contextlib import suppress

ROWS = 8000
CARDS, PAIRS, LEADS = 24, 12, 24
MANY = 300  # cards that the worker moves


def say(*words: object) -> None:
    """Tell the test at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def prepare() -> None:
    from django.utils import timezone

    from tests.clients.factories import make_client
    from tests.factories import make_item, make_item_type, make_pipeline
    from tests.people.factories import make_role, make_user
    from voronka.items.commands.loading import LoadRow, load_items
    from voronka.journal.actors import Actor
    from voronka.people.access import TOKEN_SCOPES
    from voronka.people.commands import create_token

    boss = make_user(make_role(everything=True), email="boss@example.com")
    deals, leads = make_pipeline(), make_pipeline(make_item_type("lead"))
    imported = make_pipeline()
    visits = [(deals.stages.get(code="s1"), timezone.now())]
    _token, key = create_token(boss.pk, name="test", scopes=TOKEN_SCOPES, by=Actor.user(boss))
    made = {
        "token": key,
        "many": load_items(deals, [LoadRow("Card", boss.pk, visits)] * MANY, by=Actor.system()),
        "moved": [make_item(deals, owner=boss).pk for _ in range(CARDS)],
        "bulk": [make_item(deals, owner=boss).pk for _ in range(CARDS)],
        "leads": [make_item(leads, owner=boss).pk for _ in range(LEADS)],
        "pairs": [
            [make_client(phones=(f"+7 900 {n:03} 00 {side:02}",)).pk for side in (1, 2)]
            for n in range(PAIRS)
        ],
        "deals": deals.pk,
        "imported": imported.pk,
    }
    say(json.dumps(made))


def start_import() -> None:
    from django.core.files.base import ContentFile

    from voronka.imports import commands
    from voronka.imports.commands.preparing import take_file
    from voronka.imports.mapping import parse_mapping
    from voronka.items.commands.bulk import BulkAction, start_bulk
    from voronka.journal.actors import Actor
    from voronka.people.models import User
    from voronka.pipelines.models import Pipeline, Stage

    boss = User.objects.get(email="boss@example.com")
    made = json.loads(sys.argv[2])
    pipeline = Pipeline.objects.get(pk=made["imported"])
    rows = "".join(f"{n},Заказ {n},s{n % 4 + 1},{n}.50\n" for n in range(ROWS))
    fields = {"external_id": "id", "title": "title", "stage": "stage", "amount": "sum"}
    mapping = parse_mapping(
        {
            "entity": "item",
            "pipeline": pipeline.code,
            "fields": {code: {"column": column} for code, column in fields.items()},
        }
    )
    run = take_file(
        ContentFile(f"id,title,stage,sum\n{rows}".encode()),
        name="orders.csv",
        entity="item",
        user=boss,
        pipeline=pipeline.code,
    )
    commands.prepare_import(run, mapping=mapping)
    by = Actor.user(boss)
    to = Stage.objects.get(pipeline=made["deals"], code="s2")
    many = start_bulk(made["many"], BulkAction(to=to), by=by)
    commands.start_import(run.pk, "run", by=by)
    say(json.dumps([run.pk, many.pk]))


def hammer() -> None:
    """Do one thing after another; what was told was done, so it must be there after a kill."""
    from voronka.clients.commands.merging import merge_clients, undo_merge
    from voronka.items.commands import convert_lead, undo_conversion
    from voronka.items.commands.bulk import BulkAction, run_bulk, undo_bulk
    from voronka.journal.actors import Actor
    from voronka.kernel.errors import DomainError
    from voronka.people.models import User
    from voronka.pipelines.models import Pipeline, Stage

    made = json.loads(sys.argv[2])
    by = Actor.user(User.objects.get(email="boss@example.com"))
    to = Stage.objects.get(pipeline=made["deals"], code="s2")
    deals = Pipeline.objects.get(pk=made["deals"])
    turn = 0

    while True:
        lead, pair = made["leads"][turn % LEADS], made["pairs"][turn % PAIRS]
        run = run_bulk(made["bulk"], BulkAction(to=to), by=by)
        say("bulk", run.pk)
        undo_bulk(run.pk, by=by)
        with suppress(DomainError):  # an earlier round was killed before its undo
            undo_merge(merge_clients(*pair, by=by).pk, by=by)
        with suppress(DomainError):
            convert_lead(lead, pipeline=deals, by=by)
            say("converted", lead)
            undo_conversion(lead, by=by)
        with suppress(DomainError):
            merge_clients(*pair, by=by)
            say("merged", pair[1])
        turn += 1


def make_form() -> None:
    from tests.channels.forms.factories import make_form

    say(make_form([]).channel.key)


def sweep() -> None:
    from datetime import timedelta

    from django.utils import timezone

    from voronka.channels.commands import sweep

    while sweep(at=timezone.now() + timedelta(days=1)):
        pass


if __name__ == "__main__":
    from voronka.cli.session import ready

    with ready(migrated=False):
        scenes = {"prepare": prepare, "import": start_import, "hammer": hammer}
        scenes |= {"form": make_form, "sweep": sweep}
        scenes[sys.argv[1]]()
