"""A year of deals: from leads, from the shops, from regular dealers; nurtured and revived ones."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from voronka.demo import names
from voronka.demo.calendar import YEAR, Days
from voronka.demo.cast import BY_LOGIN, FACADES, SHOPS, WHOLESALE, Person
from voronka.demo.drafts import Book, ClientDraft, Draft
from voronka.demo.filling import choose_lines, fill_bant, fill_fields
from voronka.demo.leads import title_of
from voronka.demo.routes import ROUTES
from voronka.demo.walking import Jam, Walk, walk, weighted

_JAM_DAYS = 60  # since then quotes of the design office pile up
_JAM_SHARE = 0.62
_WORTH_ANOTHER_TRY = (
    *("price_rival", "price_budget", "price", "timing", "bought_elsewhere", "silent", "assortment"),
    *("margin", "credit", "supplier", "logistics", "no_orders", "rival"),
)
_PRIVATE = ("kitchen", "wardrobe", "hallway", "nursery")
_SHOP_PRODUCTS = {"wardrobe": 40, "hallway": 28, "nursery": 18, "kitchen": 14}
_PIPELINES = {"bulk_furniture": "wholesale_new", "facades": "facades_new"}


class Deals:
    """Makes deals and keeps them in the order of their making."""

    def __init__(self, book: Book, days: Days) -> None:
        self.book = book
        self.days = days
        self.drafts: list[Draft] = []
        since = days.now - timedelta(days=_JAM_DAYS)
        self._jams = {"retail_office": Jam("quote_sent", since, _JAM_SHARE)}

    def from_lead(self, lead: Draft) -> None:
        """Make the deal into which a lead was converted."""
        pipeline = _PIPELINES.get(lead.product, "retail_office")
        if lead.person.department == "retail_shops":
            pipeline = "retail_shop"
        draft = self._draft(pipeline, lead.title, lead.person, self._walk(pipeline, lead))
        draft.contact, draft.source, draft.utm = lead.contact, lead.source, dict(lead.utm)
        draft.product, draft.parent, draft.link = lead.product, lead, "converted"
        if pipeline in _PIPELINES.values() and lead.contact is not None:
            draft.company = self._company_of(lead)
        self._finish(draft, bant=lead.values)

    def _walk(self, pipeline: str, lead: Draft) -> Walk:
        start = lead.way.visits[-1][1]
        jam = self._jams.get(pipeline)
        return walk(ROUTES[pipeline], start, self.days, lead.person, jam=jam)

    def _company_of(self, lead: Draft) -> int:
        """Invent the firm for which the person of a trade lead speaks."""
        dice = self.days.dice
        trade = lead.product == "facades"
        name = (names.workshops if trade else names.shops)(dice, 1)[0]
        segment = "factory" if trade else "dealer"
        company = self.book.add_company(name, lead.person, lead.created_at, segment)
        self.book.clients[lead.contact or 0].works_at = company.number
        return company.number

    def from_shops(self, count: int) -> None:
        """Make deals of people who came into a shop."""
        dice = self.days.dice
        for day in self.days.spread(count):
            person = BY_LOGIN[dice.choice(SHOPS)]
            at = self.days.at(day, since=10.2, until=19.5)
            client = self.book.add_person(person, at, "shop")
            product = weighted(dice, _SHOP_PRODUCTS)
            way = walk(ROUTES["retail_shop"], at, self.days, person)
            draft = self._draft(
                "retail_shop", title_of(product, client.name, self.days), person, way
            )
            draft.contact, draft.source, draft.product = client.number, "shop", product
            self._finish(draft)

    def bought_again(self, share: float) -> None:
        """Let some happy buyers come back for another piece."""
        dice = self.days.dice
        for first in [d for d in self.drafts if d.way.ends_in == "won"]:
            if not first.pipeline.startswith("retail") or dice.random() > share:
                continue
            at = self.days.work_after(first.way.visits[-1][1], dice.uniform(20, 140))
            if at > self.days.now:
                continue
            product = "hallway" if first.product == "wardrobe" else "wardrobe"
            way = walk(ROUTES["retail_shop"], at, self.days, first.person, loyal=2.0)
            client = self.book.clients[first.contact or 0]
            title = title_of(product, client.name, self.days)
            draft = self._draft("retail_shop", title, first.person, way)
            draft.contact, draft.source, draft.repeat = first.contact, "repeat", True
            draft.product = product
            self._finish(draft)

    def regulars(self, pipeline: str, firms: int, rhythm: tuple[float, float]) -> None:
        """Let regular firms order in their rhythm.

        Args:
            rhythm: shortest and longest pause between two orders, days.
        """
        dice, days = self.days.dice, self.days
        facades = pipeline == "facades_repeat"
        firm_names = (names.workshops if facades else names.shops)(dice, firms)
        for name in firm_names:
            person = BY_LOGIN[dice.choice(FACADES if facades else WHOLESALE)]
            known = days.now - timedelta(days=YEAR + dice.uniform(5, 300))
            segment = "factory" if facades else "dealer"
            company = self.book.add_company(name, person, known, segment)
            self._orders(pipeline, company, person, dice.uniform(*rhythm))

    def _orders(self, pipeline: str, company: ClientDraft, person: Person, rhythm: float) -> None:
        dice, days = self.days.dice, self.days
        start = days.now - timedelta(days=YEAR - dice.uniform(0, rhythm))
        leaves = dice.random() < 0.1  # a client who stops ordering one day
        until = days.now - timedelta(days=dice.uniform(40, 200)) if leaves else days.now
        moment = days.work_after(start, 0)
        number = 1
        while moment < until:
            way = walk(ROUTES[pipeline], moment, days, person)
            what = "Фасады" if pipeline == "facades_repeat" else "Дозаказ"
            draft = self._draft(pipeline, f"{what} №{number}, {company.name}", person, way)
            draft.company, draft.contact = company.number, company.number + 1
            draft.source, draft.repeat = "repeat", True
            self._finish(draft)
            number += 1
            moment = days.work_after(moment, rhythm * dice.uniform(0.75, 1.35))

    def nurtured_and_revived(self, leads: list[Draft]) -> None:
        """Carry the doubting into nurturing, and second touches into refusals.

        Whom nurturing has warmed goes back to where they were: a deal is sold, a lead is qualified
        anew (N1). Refused customers are taken up again after a while, by loss reason (N2).
        """
        dice = self.days.dice
        for lead in [one for one in leads if one.way.reason == "later"]:
            if lead.product in _PRIVATE and dice.random() < 0.45:
                self._nurture(lead)
        for lost in [d for d in self.drafts if d.way.ends_in == "lost"]:
            if lost.pipeline in ("nurturing", "refusals"):
                continue
            if lost.way.reason == "postponed":
                if dice.random() < 0.6:
                    self._nurture(lost)
                elif dice.random() < 0.6:
                    self._try_again(lost, "deal_postponed", 90 + dice.uniform(1, 4))
            elif lost.way.reason in _WORTH_ANOTHER_TRY and dice.random() < 0.62:
                if dice.random() < 0.35:  # the manager does not wait for the robot
                    self._try_again(lost, "", dice.uniform(2, 9))
                else:
                    self._try_again(lost, "deal_refused", 14 + dice.uniform(0.2, 2))

    def _nurture(self, lost: Draft) -> None:
        draft = self._second_chance(lost, "nurturing", self.days.dice.uniform(0.1, 3))
        if draft is None or draft.way.ends_in != "won":
            return
        if lost.pipeline == "leads":
            self._ask_again(draft, lost)
        else:
            self._sell_after_all(draft, lost, "warmed")

    def _try_again(self, lost: Draft, robot: str, after: float) -> None:
        draft = self._second_chance(lost, "refusals", after, robot=robot)
        if draft is not None and draft.way.ends_in == "won":
            self._sell_after_all(draft, lost, "revived")

    def _second_chance(
        self, lost: Draft, pipeline: str, after: float, *, robot: str = ""
    ) -> Draft | None:
        at = self.days.work_after(lost.way.visits[-1][1], after)
        if at > self.days.now:
            return None
        draft = self._draft(
            pipeline, lost.title, lost.person, walk(ROUTES[pipeline], at, self.days, lost.person)
        )
        draft.contact, draft.company, draft.source = lost.contact, lost.company, lost.source
        draft.lines, draft.amount = list(lost.lines), lost.amount
        self._follow(draft, lost, robot)
        self._finish(draft, bant=lost.values)
        if draft.way.ends_in == "won":  # the money is counted where the sale is
            draft.lines, draft.amount = [], Decimal(0)
        return draft

    def _sell_after_all(self, second: Draft, lost: Draft, robot: str) -> None:
        at = second.way.visits[-1][1]
        way = walk(ROUTES[lost.pipeline], at, self.days, lost.person, loyal=1.6)
        draft = self._draft(lost.pipeline, lost.title, lost.person, way)
        draft.contact, draft.company, draft.source = lost.contact, lost.company, lost.source
        draft.repeat = lost.repeat
        # the robots' tunnel leads into the office's funnel; into others the manager sends the card
        self._follow(draft, second, robot if lost.pipeline == "retail_office" else "")
        draft.product = lost.product
        self._finish(draft, bant=lost.values)

    def _ask_again(self, warmed: Draft, lost: Draft) -> None:
        """Qualify a lead anew whom nurturing has warmed; then it is mostly sold to."""
        dice, days = self.days.dice, self.days
        at = warmed.way.visits[-1][1]
        way = Walk([("new", at)])
        for stage, after in (("taken", 0.02), ("qualified", 0.6), ("won", 0.8)):
            at = days.work_after(at, after * dice.uniform(0.7, 1.6))
            if at > days.now:
                break
            way.visits.append((stage, at))
            way.ends_in = "won" if stage == "won" else ""
        draft = self._draft("leads", lost.title, lost.person, way)
        draft.contact, draft.source = lost.contact, lost.source
        self._follow(draft, warmed, "")
        draft.product, draft.values = lost.product, {"interest": lost.product}
        fill_bant(draft, dice, good=True)
        self.drafts.append(draft)
        if way.ends_in == "won":
            self.from_lead(draft)

    @staticmethod
    def _follow(draft: Draft, parent: Draft, robot: str) -> None:
        draft.parent, draft.link, draft.tunnel, draft.robot = parent, "copy", "copy", robot
        draft.product = parent.product

    def _draft(self, pipeline: str, title: str, person: Person, way: Walk) -> Draft:
        draft = Draft(pipeline, title, person, way)
        wait = timedelta(minutes=self.days.dice.uniform(3, 50))
        draft.first_response_at = min(draft.created_at + wait, self.days.now)
        return draft

    def _finish(self, draft: Draft, bant: dict[str, object] | None = None) -> None:
        dice = self.days.dice
        if not draft.lines:
            choose_lines(draft, dice)
        if bant:
            keys = ("budget", "urgency", "need", "authority")
            draft.values |= {key: bant[key] for key in keys if key in bant}
        elif not draft.repeat:
            fill_bant(draft, dice, good=draft.way.ends_in != "lost")
        fill_fields(draft, self.book, self.days, 1000 + len(self.drafts))
        if len(draft.way.visits) < 3 and draft.pipeline.startswith(("retail", "wholesale_new")):
            draft.lines = []  # nobody has counted anything yet
            draft.amount = draft.amount.quantize(Decimal("1E4")).quantize(Decimal(1))
        self.drafts.append(draft)
