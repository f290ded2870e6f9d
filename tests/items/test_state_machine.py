"""Whatever people do to cards, in whatever order, the base stays true after every single step."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    consumes,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.factories import SYSTEM
from tests.items.company import Company
from voronka.items.commands import (
    assign_owner,
    attach_file,
    confirm_criterion,
    convert_lead,
    correct_item,
    create_item,
    delete_item,
    edit_item,
    link_items,
    lose_item,
    move_item,
    remove_file,
    restore_item,
    set_lines,
    undo_conversion,
    undo_move,
    unlink_items,
    unwatch_item,
    watch_item,
    win_item,
)
from voronka.items.commands.bulk import BulkAction, run_bulk, undo_bulk
from voronka.items.commands.clocks import pause_stage, prolong_stage, resume_stage
from voronka.items.commands.folding import fold_tally
from voronka.items.commands.lines import Line
from voronka.items.commands.losses import change_loss_reason, overturn_loss
from voronka.items.commands.tunnelling import Tunnel, tunnel_item
from voronka.items.models import Item, LineItem
from voronka.pipelines.models import LossReason, Stage
from voronka.timeline.commands.activities import (
    Plan,
    change_activity,
    finish_activity,
    plan_activity,
    reopen_activity,
)
from voronka.timeline.commands.notes import delete_note, edit_note, pin_note, write_note

pytestmark = pytest.mark.django_db

ACTORS = st.sampled_from(["system", "head", "head", "anna", "boris"])
STAGES = st.sampled_from(["s1", "s2", "s3", "s4", "won", "lost"])
MONEY = st.sampled_from(["0", "150", "99999.99", "-1", "much"])
BUDGETS = st.sampled_from(["", "1000", "-5", "x"])
WORDS = st.sampled_from(["", "  ", "Они передумали"])
HOURS = st.integers(-48, 72)


class Cards(Company):
    """People of one small company at work on a funnel of leads and one of deals."""

    cards = Bundle("cards")
    links = Bundle("links")
    activities = Bundle("activities")
    notes = Bundle("notes")
    files = Bundle("files")
    runs = Bundle("runs")

    # What people do

    @rule(target=cards, by=ACTORS, lead=st.booleans(), code=STAGES, amount=MONEY, budget=BUDGETS)
    def create(self, by, lead, code, amount, budget):
        pipeline = self.leads if lead else self.deals
        made = self.attempt(
            create_item,
            pipeline,
            title="Кухня",
            by=self.actor(by),
            owner_id=self.anna.pk if by == "system" else None,
            stage=pipeline.stages.filter(code=code).first(),
            changes={"amount": amount, "budget": budget},
        )
        return made.pk if made else multiple()

    @rule(target=cards, by=ACTORS)
    def create_plainly(self, by):
        made = self.attempt(
            create_item, self.deals, title="Шкаф", by=self.actor(by), owner_id=self.anna.pk
        )
        return made.pk if made else multiple()

    @rule(target=cards)
    def create_lead_plainly(self):
        made = self.attempt(
            create_item, self.leads, title="Заявка", by=SYSTEM, owner_id=self.anna.pk
        )
        return made.pk if made else multiple()

    @rule(card=cards, by=ACTORS, amount=MONEY, budget=BUDGETS, title=WORDS)
    def edit(self, card, by, amount, budget, title):
        changes = {"amount": amount, "budget": budget}
        changes |= {"title": title} if title else {}
        self.attempt(edit_item, card, changes, by=self.actor(by))

    @rule(card=cards, by=ACTORS, code=STAGES, comment=WORDS, reasoned=st.booleans(), help=BUDGETS)
    def move(self, card, by, code, comment, reasoned, help):
        to = self._stage(card, code)
        self.attempt(
            move_item,
            card,
            to=to,
            by=self.actor(by),
            changes={"budget": help, "amount": help} if help else None,
            confirmed=("agreed",) if help else (),
            reason=self._reason(card) if reasoned else None,
            comment=comment,
        )

    @rule(card=cards, by=ACTORS)
    def move_on(self, card, by):
        """The usual step: the next stage, with all that it asks for."""
        item = Item.objects.select_related("stage").get(pk=card)
        ahead = item.pipeline.stages.filter(kind="open", position__gt=item.stage.position).first()
        if ahead is None:
            return
        changes = {"budget": "500", "amount": "900"}
        self.attempt(
            move_item, card, to=ahead, by=self.actor(by), changes=changes, confirmed=("agreed",)
        )

    @rule(card=cards, by=ACTORS, budget=BUDGETS)
    def win(self, card, by, budget):
        self.attempt(win_item, card, by=self.actor(by), changes={"budget": budget})

    @rule(card=cards, by=ACTORS, comment=WORDS)
    def lose(self, card, by, comment):
        reason = self._reason(card)
        self.attempt(lose_item, card, by=self.actor(by), reason=reason, comment=comment)

    @rule(card=cards, by=ACTORS, code=STAGES, why=WORDS)
    def correct(self, card, by, code, why):
        to = self._stage(card, code)
        self.attempt(correct_item, card, to=to, why=why, by=self.actor(by))

    @rule(card=cards, by=ACTORS)
    def undo(self, card, by):
        self.attempt(undo_move, card, by=self.actor(by))

    @rule(target=cards, card=cards, by=ACTORS, how=st.sampled_from(["move", "child", "copy"]))
    def send_on(self, card, by, how):
        item = Item.objects.get(pk=card)
        to = self.after if item.pipeline == self.deals else self.deals
        tunnel = Tunnel(to.stages.get(code="s1"), how, lines=True)
        there = self.attempt(tunnel_item, card, tunnel, by=self.actor(by))
        return there.pk if there and there.pk != card else multiple()

    @rule(card=cards, by=ACTORS, hours=HOURS, why=WORDS)
    def prolong(self, card, by, hours, why):
        more = timedelta(hours=hours)
        self.attempt(prolong_stage, card, by_amount=more, reason=why, by=self.actor(by))

    @rule(card=cards, by=ACTORS, why=WORDS, pause=st.booleans())
    def stop_the_clock(self, card, by, why, pause):
        if pause:
            self.attempt(pause_stage, card, reason=why or "Отпуск", by=self.actor(by))
        else:
            self.attempt(resume_stage, card, by=self.actor(by))

    @rule(card=cards, by=ACTORS, why=WORDS)
    def overturn(self, card, by, why):
        self.attempt(overturn_loss, card, why=why, by=self.actor(by))

    @rule(card=cards, by=ACTORS, comment=WORDS)
    def give_another_reason(self, card, by, comment):
        reason = self._reason(card, last=False)
        by = self.actor(by)
        self.attempt(change_loss_reason, card, reason=reason, comment=comment, by=by)

    @rule()
    def fold(self):
        fold_tally()

    @rule(card=cards, by=ACTORS, to=st.sampled_from(["head", "anna", "boris"]))
    def assign(self, card, by, to):
        self.attempt(assign_owner, card, to=self.people[to], by=self.actor(by))

    @rule(card=cards, by=ACTORS, met=st.booleans())
    def confirm(self, card, by, met):
        self.attempt(confirm_criterion, card, "agreed", met=met, by=self.actor(by))

    @rule(target=cards, card=cards, by=ACTORS, help=BUDGETS)
    def convert(self, card, by, help):
        deal = self.attempt(
            convert_lead,
            card,
            by=self.actor(by),
            pipeline=self.deals,
            lead_changes={"budget": help},
        )
        return deal.pk if deal else multiple()

    @rule(card=cards, other=cards, by=ACTORS)
    def convert_into_a_deal_that_is_open(self, card, other, by):
        lead_changes = {"budget": "700"}
        self.attempt(
            convert_lead, card, by=self.actor(by), attach_to=other, lead_changes=lead_changes
        )

    @rule(card=cards, by=ACTORS)
    def take_the_conversion_back(self, card, by):
        self.attempt(undo_conversion, card, by=self.actor(by))

    @rule(card=cards, by=ACTORS)
    def delete(self, card, by):
        self.attempt(delete_item, card, by=self.actor(by))

    @rule(card=cards, by=ACTORS)
    def restore(self, card, by):
        self.attempt(restore_item, card, by=self.actor(by))

    @rule(target=links, card=cards, other=cards, by=ACTORS)
    def link(self, card, other, by):
        link = self.attempt(link_items, card, other, by=self.actor(by))
        return link.pk if link else multiple()

    @rule(link=consumes(links), by=ACTORS)
    def unlink(self, link, by):
        self.attempt(unlink_items, link, by=self.actor(by))

    @rule(card=cards, who=st.sampled_from(["anna", "boris"]), by=ACTORS, on=st.booleans())
    def watch(self, card, who, by, on):
        command = watch_item if on else unwatch_item
        self.attempt(command, card, user=self.people[who], by=self.actor(by))

    @rule(
        card=cards,
        by=ACTORS,
        lines=st.lists(
            st.builds(
                Line,
                name=st.sampled_from(["Стол", ""]),
                price=st.sampled_from([Decimal("0"), Decimal("10.55"), Decimal(10) ** 13]),
                quantity=st.sampled_from([Decimal(0), Decimal("2.5"), Decimal(10) ** 8]),
                discount=st.sampled_from([Decimal(0), Decimal(100), Decimal(101)]),
            ),
            max_size=2,
        ),
    )
    def fill_in_products(self, card, by, lines):
        item = self.attempt(set_lines, card, lines, by=self.actor(by))
        if item and lines:
            assert item.amount == sum(line.total for line in lines)
            assert LineItem.objects.filter(item_id=card).count() == len(lines)

    @rule(target=notes, card=cards, by=ACTORS, text=WORDS)
    def write(self, card, by, text):
        note = self.attempt(write_note, text, by=self.actor(by), item_id=card)
        return note.pk if note else multiple()

    @rule(note=notes, by=ACTORS, what=st.sampled_from(["edit", "delete", "pin", "unpin"]))
    def change_note(self, note, by, what):
        by = self.actor(by)
        if what == "edit":
            self.attempt(edit_note, note, "Иначе", by=by)
        elif what == "delete":
            self.attempt(delete_note, note, by=by)
        else:
            self.attempt(pin_note, note, pinned=what == "pin", by=by)

    @rule(target=activities, card=cards, by=ACTORS, hours=st.none() | HOURS)
    def plan(self, card, by, hours):
        done = self.attempt(
            plan_activity, self._plan("call", hours), by=self.actor(by), item_id=card
        )
        return done.pk if done else multiple()

    @rule(
        activity=activities,
        by=ACTORS,
        what=st.sampled_from(["change", "finish", "cancel", "reopen"]),
        hours=st.none() | HOURS,
    )
    def work_on(self, activity, by, what, hours):
        by = self.actor(by)
        if what == "change":
            self.attempt(change_activity, activity, self._plan("task", hours), by=by)
        elif what == "reopen":
            self.attempt(reopen_activity, activity, by=by)
        else:
            outcome = "done" if what == "finish" else "cancelled"
            self.attempt(finish_activity, activity, outcome=outcome, by=by)

    @rule(target=files, card=cards, by=ACTORS)
    def attach(self, card, by):
        kept = self.attempt(
            attach_file, ContentFile(b"x"), name="a.txt", by=self.actor(by), item_id=card
        )
        return kept.pk if kept else multiple()

    @rule(file=consumes(files), by=ACTORS)
    def detach(self, file, by):
        self.attempt(remove_file, file, by=self.actor(by))

    @rule(
        target=runs,
        some=st.lists(cards, min_size=1, max_size=3),
        by=ACTORS,
        what=st.sampled_from(["move", "assign", "edit", "delete"]),
        code=STAGES,
        amount=MONEY,
    )
    def bulk(self, some, by, what, code, amount):
        first = Item.objects.get(pk=some[0])
        action = {
            "move": BulkAction(to=self._stage(first.pk, code), reason=self._reason(first.pk)),
            "assign": BulkAction(owner=self.boris),
            "edit": BulkAction(changes={"amount": amount}),
            "delete": BulkAction(delete=True),
        }[what]
        run = self.attempt(run_bulk, some, action, by=self.actor(by))
        return run.pk if run else multiple()

    @rule(run=runs, by=ACTORS)
    def take_bulk_back(self, run, by):
        self.attempt(undo_bulk, run, by=self.actor(by))

    # Helpers

    def _stage(self, card: int, code: str) -> Stage:
        pipeline = Item.objects.get(pk=card).pipeline
        return pipeline.stages.filter(code=code).first() or pipeline.stages.get(code="s1")

    def _reason(self, card: int, *, last: bool = True) -> LossReason:
        reasons = LossReason.objects.filter(pipeline__items=card)
        return reasons.order_by("-pk" if last else "pk")[0]

    def _plan(self, kind: str, hours: int | None) -> Plan:
        due = None if hours is None else timezone.now() + timedelta(hours=hours)
        return Plan(kind, "Позвонить", due)


def test_cards_stay_true_whatever_people_do():
    run_state_machine_as_test(
        Cards,
        settings=settings(
            max_examples=16,
            stateful_step_count=35,
            derandomize=True,  # the same walks each time; raise the numbers to look farther
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
