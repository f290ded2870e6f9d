"""The figures of the columns: the running tally says what counting would, whatever happens."""

import random
import threading
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from tests.factories import make_item, make_pipeline, make_reason, stage
from tests.people.factories import make_user
from voronka.items import board, commands
from voronka.items.board.reach import Reach
from voronka.items.commands.folding import fold_tally
from voronka.items.models import Item, Tally
from voronka.journal.actors import Actor

SYSTEM = Actor.system()


def counted(pipeline, *, at, owners=None):
    """The truth: the open cards, counted one by one."""
    cards = Item.objects.filter(pipeline=pipeline)
    if owners is not None:
        cards = cards.filter(owner_id__in=owners)
    return board.figures_of(cards, at=at)


def tallied(pipeline, *, at, owners=None):
    return board.open_figures(Reach(pipeline.pk, owners), at=at)


def assert_true(pipeline, owners=()):
    """The tally is right now, before and after every deadline."""
    now = timezone.now()
    for at in (now, now + timedelta(hours=2), now + timedelta(days=30)):
        assert tallied(pipeline, at=at) == counted(pipeline, at=at)
        for owner in owners:
            mine = frozenset({owner.pk})
            assert tallied(pipeline, at=at, owners=mine) == counted(pipeline, at=at, owners=mine)


@pytest.fixture
def pipeline():
    pipeline = make_pipeline(reasons=True)
    pipeline.stages.filter(code="s1").update(deadline_minutes=60, deadline_working=False)
    pipeline.stages.filter(code="s2").update(deadline_minutes=24 * 60, deadline_working=False)
    return pipeline


@pytest.mark.django_db
def test_figures_follow_every_command(pipeline):
    anna, boris = make_user(), make_user()
    past = timezone.now() - timedelta(days=3)
    first = make_item(pipeline, owner=anna, amount="100.50")
    late = make_item(pipeline, owner=anna, amount="50", at=past)
    gone = make_item(pipeline, owner=boris, amount="7")
    won = make_item(pipeline, owner=boris, amount="900")
    assert_true(pipeline, [anna, boris])
    commands.move_item(first.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    commands.edit_item(late.pk, {"amount": "60", "title": "Dearer"}, by=SYSTEM)
    commands.assign_owner(late.pk, to=boris, by=SYSTEM)
    commands.delete_item(gone.pk, by=SYSTEM)
    commands.move_item(won.pk, to=stage(pipeline, "won"), by=SYSTEM)
    assert_true(pipeline, [anna, boris])
    now = board.open_figures(Reach(pipeline.pk, None))
    s1, s2 = now[stage(pipeline, "s1").pk], now[stage(pipeline, "s2").pk]
    assert (s1.cards, s1.amount, s1.late) == (1, Decimal(60), 1)
    assert timedelta(days=2, hours=22) < s1.lost_time < timedelta(days=2, hours=23, minutes=30)
    assert (s2.cards, s2.amount, s2.late) == (1, Decimal("100.50"), 0)
    commands.restore_item(gone.pk, by=SYSTEM)
    commands.undo_move(first.pk, by=SYSTEM)
    commands.lose_item(late.pk, reason=make_reason(pipeline), by=SYSTEM)
    assert_true(pipeline, [anna, boris])
    Item.objects.filter(pk=first.pk).delete()
    assert_true(pipeline, [anna, boris])


@pytest.mark.django_db
def test_a_change_that_does_not_count_writes_no_line(pipeline):
    item = make_item(pipeline)
    lines = Tally.objects.count()
    commands.edit_item(item.pk, {"title": "Another name"}, by=SYSTEM)
    assert Tally.objects.count() == lines


@pytest.mark.django_db
def test_folding_shortens_the_tally_and_changes_no_total(pipeline):
    anna = make_user()
    past = timezone.now() - timedelta(days=3)
    for n in range(5):
        item = make_item(pipeline, owner=anna, amount=n, at=past if n % 2 else None)
        commands.move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    at = timezone.now() + timedelta(minutes=5)
    before = tallied(pipeline, at=at)
    assert fold_tally() > 0
    assert tallied(pipeline, at=at) == before
    assert_true(pipeline, [anna])
    s2 = Tally.objects.filter(stage_id=stage(pipeline, "s2").pk)
    assert s2.filter(counts_from__lte=at).count() == 1
    assert not Tally.objects.filter(stage_id=stage(pipeline, "s1").pk).exists()
    assert fold_tally() == 0


@pytest.mark.django_db(transaction=True)
def test_figures_stay_right_while_many_people_work_at_once_and_the_tally_is_folded(pipeline):
    sellers = [make_user() for _ in range(4)]
    stages = [stage(pipeline, code) for code in ("s1", "s2", "s3")]
    cards = [make_item(pipeline, owner=s, amount=10).pk for s in sellers for _ in range(4)]
    failures = []

    def work(number):
        dice = random.Random(number)
        try:
            for _ in range(12):
                pk = dice.choice(cards)
                with transaction.atomic():  # two cards in one transaction, in any order
                    for card in sorted({pk, dice.choice(cards)}):
                        act(card, dice)
                if number == 0:
                    fold_tally()
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    def act(pk, dice):
        item = Item.objects.select_for_update().get(pk=pk)
        item.stage, item.owner = dice.choice(stages), dice.choice(sellers)
        item.amount, item.stalls_at = dice.randrange(100), dice.choice([None, timezone.now()])
        item.deleted_at = dice.choice([None, None, timezone.now()])
        item.save()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert_true(pipeline, sellers)
    fold_tally()
    assert_true(pipeline, sellers)


@pytest.mark.django_db(transaction=True)
def test_two_foldings_at_once_leave_the_work_to_one(pipeline):
    make_item(pipeline, amount=1)
    make_item(pipeline, amount=2)
    done = []

    def other():
        done.append(fold_tally())
        connections.close_all()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('voronka tally'))")
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert done == [0]
    assert_true(pipeline)


@pytest.mark.django_db
def test_followed_cards_of_others_are_added_once(pipeline):
    anna, boris = make_user(), make_user()
    make_item(pipeline, owner=anna, amount=1)
    own = make_item(pipeline, owner=anna, amount=2)
    other = make_item(pipeline, owner=boris, amount=30)
    make_item(pipeline, owner=boris, amount=400)
    late = make_item(pipeline, owner=boris, amount=5, at=timezone.now() - timedelta(days=1))
    for item in (own, other, late):
        commands.watch_item(item.pk, user=anna, by=SYSTEM)
    found = board.open_figures(board.reach_of(anna, pipeline))
    s1 = found[stage(pipeline, "s1").pk]
    assert (s1.cards, s1.amount, s1.late) == (4, Decimal(38), 1)


@pytest.mark.django_db
def test_closed_columns_count_what_was_closed_since(pipeline):
    boss = make_user("owner")
    month = timezone.now() - timedelta(days=10)
    for amount, days in ((100, 40), (20, 5), (3, 0)):
        item = make_item(pipeline, amount=amount, at=timezone.now() - timedelta(days=50))
        at = timezone.now() - timedelta(days=days)
        commands.move_item(item.pk, to=stage(pipeline, "won"), by=SYSTEM, at=at)
    stages = list(pipeline.stages.all())
    found = board.closed_figures(board.reach_of(boss, pipeline).cards(stages), stages, since=month)
    won = found[stage(pipeline, "won").pk]
    assert (won.cards, won.amount) == (2, Decimal(23))


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Europe/Moscow", "UTC", "America/New_York"])
def test_closed_cards_are_added_up_from_the_first_of_the_month_of_any_zone(
    pipeline, zone, django_assert_num_queries
):
    boss, anna = make_user("owner"), make_user()
    now = timezone.now().astimezone(ZoneInfo(zone))
    month_before = now.replace(day=1) - timedelta(days=1)  # all that follows has happened already
    since = month_before.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ends = ["won", "lost"]
    for n, hours in enumerate((-900, -8, -4, -2, -0.01, 0, 0.01, 2, 4, 8)):
        at = since + timedelta(hours=hours)
        item = make_item(pipeline, amount=2**n, owner=[boss, anna][n % 2], at=at)
        reason = {"reason": make_reason(pipeline)} if n % 3 == 0 else {}
        to = stage(pipeline, ends[n % 3 == 0])
        commands.move_item(item.pk, to=to, by=SYSTEM, at=at, **reason)
    commands.delete_item(Item.objects.get(amount=2**7).pk, by=SYSTEM)
    fold_tally()
    stages = list(pipeline.stages.all())
    for owners in (None, frozenset({anna.pk}), frozenset()):
        reach = Reach(pipeline.pk, owners)
        with django_assert_num_queries(1):
            found = board.closed_in_month(reach, stages, since=since)
        assert found == board.closed_figures(reach.cards(stages), stages, since=since)
    assert board.closed_in_month(Reach(pipeline.pk, None), stages, since=since)
