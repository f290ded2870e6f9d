"""Loads the demo company into an empty database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import override

from voronka.automation.actions.make_items import element_key
from voronka.blueprints import ready_companies
from voronka.blueprints.commands import apply
from voronka.clients.commands.loading import ClientRow, load_clients, load_links
from voronka.clients.rules import Point
from voronka.demo.advertising import spend
from voronka.demo.bells import fill_bells
from voronka.demo.calendar import Days
from voronka.demo.cast import CAST, PASSWORD
from voronka.demo.deals import Deals
from voronka.demo.doors import connect_channels
from voronka.demo.drafts import Book, ClientDraft, Draft
from voronka.demo.duties import make_duties
from voronka.demo.errors import NotEmpty
from voronka.demo.filling import PRICES
from voronka.demo.giving import make_exclusions, make_routing
from voronka.demo.leads import make_leads
from voronka.demo.norms import make_norms
from voronka.demo.passages import join_cards
from voronka.demo.queries import DemoLogin, demo_logins
from voronka.demo.readers import open_cards
from voronka.demo.robots import wake_robots
from voronka.demo.site_form import make_site_form
from voronka.demo.talks import Talks
from voronka.demo.verdicts import make_verdicts
from voronka.demo.work import Work
from voronka.demo.works import make_articles, make_claims
from voronka.items.commands import loading
from voronka.items.commands.lines import Line
from voronka.items.commands.loading_past import AnswerRow, load_answers
from voronka.items.models import Item, ToldBy
from voronka.journal.actors import Actor
from voronka.people.commands import accounts, calendars, departments
from voronka.people.models import Department, Role, User, WorkingCalendar
from voronka.pipelines.models import LossReason, Pipeline, Source, Stage
from voronka.products.models import Product
from voronka.timeline.commands.loading import load_activities, load_notes
from voronka.timeline.commands.notes import plain_text
from voronka.timeline.commands.notifications import notify
from voronka.timeline.models import Note

SEED = 1912
_THEIR_WORD = {  # loss reasons that clients name themselves; others are what we see
    *("no_money", "elsewhere", "later", "price_rival", "price_budget"),
    *("timing", "bought_elsewhere", "postponed"),
}
LEADS, SHOP_VISITS, DEALERS, WORKSHOPS = 3000, 520, 30, 12  # at scale 1.0


@transaction.atomic
def load_demo(
    *,
    by: Actor | None = None,
    progress: Callable[[str], object] = lambda line: None,
    now: datetime | None = None,
    scale: float = 1.0,
) -> list[DemoLogin]:
    """Build a furniture maker with its people and a year of history that ends now.

    The same moment and scale give the same company. Everything goes through the commands and the
    bulk doors, so the history has visits and events like a real one.

    Args:
        progress: told what is being done, a line at a time.
        now: when the history ends (aware); this moment when None.
        scale: how many cards; 1.0 is some 5,500.
    Returns:
        whom one can log in as.
    Raises:
        NotEmpty: there are people or cards already.
    """
    by = by or Actor.system("demo")
    if User.objects.exists() or Item.objects.exists():
        raise NotEmpty
    with override("ru"):
        return _Loading(by, progress, now or timezone.now(), scale).run()


class _Loading:
    def __init__(
        self, by: Actor, progress: Callable[[str], object], now: datetime, scale: float
    ) -> None:
        self.by = by
        self.progress = progress
        self.scale = scale
        dice = Random(SEED)  # noqa: S311 - a story, not a secret
        self.days = Days(dice, now=now, zone=ZoneInfo(settings.TIME_ZONE))
        self.book = Book(dice, self.days)
        self.users: dict[str, int] = {}
        self.client_ids: list[int] = []

    def run(self) -> list[DemoLogin]:
        self.progress("Setting up funnels, fields and roles")
        apply(ready_companies.load("furniture"), by=self.by, file="furniture.yaml")
        self._hire()
        self.progress("Writing a year of enquiries and deals")
        leads, deals, others = self._invent()
        self._load_clients()
        everything = [*leads, *deals, *others]
        self._load_cards(everything)
        self.progress("Writing calls, meetings, tasks and notes")
        self._load_work(everything)
        self.progress("Writing what came by the form of the site")
        self._load_talks(leads, deals)
        connect_channels(by=self.by)
        keeper = User.objects.get(pk=self.users["control"])
        make_exclusions(now=self.days.now, by=Actor.user(keeper))
        self.progress("Writing what heads of sales checked and were called for")
        make_verdicts(self.days.dice, now=self.days.now)
        make_norms(self.days.dice, now=self.days.now, scale=self.scale)
        make_duties(self.days, self.users)
        spend(self.days, self.users)
        self.progress("Setting the robots' clocks")
        wake_robots(now=self.days.now)
        fill_bells(now=self.days.now)
        open_cards(now=self.days.now)
        self.progress(f"{len(leads)} leads, {len(deals)} deals, {len(self.client_ids)} clients")
        with connection.cursor() as cursor:  # fresh statistics: the first pages are quick
            cursor.execute("ANALYZE")
        return demo_logins()

    def _hire(self) -> None:
        roles = {role.code: role for role in Role.objects.all()}
        places = {place.code: place for place in Department.objects.all()}
        shops = WorkingCalendar.objects.filter(code="shops").first()
        people: dict[str, User] = {}
        for person in CAST:
            people[person.login] = accounts.create_user(
                person.email,
                role=roles[person.role],
                by=self.by,
                password=PASSWORD,
                name=person.name,
                department=places[person.department],
                calendar=shops if person.department == "retail_shops" else None,
                language=person.language,
            )
            self.users[person.login] = people[person.login].pk
        for person in CAST:
            if person.heads:
                place = Department.objects.get(code=person.heads)
                departments.save_department(
                    place.pk,
                    code=place.code,
                    name=place.name,
                    parent=place.parent,
                    head=people[person.login],
                    position=place.position,
                    by=self.by,
                )
        calendars.plan_absence(
            self.users["pavel"],
            starts_at=self.days.ahead(10),
            ends_at=self.days.ahead(10) + timedelta(days=14),
            reason="Отпуск",
            substitute=people["katya"],
            by=self.by,
        )

    def _invent(self) -> tuple[list[Draft], list[Draft], list[Draft]]:
        def many(count: int) -> int:
            return max(2, round(count * self.scale))

        leads = make_leads(many(LEADS), self.book, self.days)
        deals = Deals(self.book, self.days)
        for lead in leads:
            if lead.way.ends_in == "won":
                deals.from_lead(lead)
        deals.from_shops(many(SHOP_VISITS))
        deals.bought_again(0.13)
        deals.regulars("wholesale_repeat", many(DEALERS), (18, 45))
        deals.regulars("facades_repeat", many(WORKSHOPS), (10, 30))
        deals.nurtured_and_revived(leads)
        articles = make_articles(deals.drafts, self.book, self.days)
        claims = make_claims(deals.drafts, articles, self.days)
        return leads, deals.drafts, articles + claims

    def _load_clients(self) -> None:
        sources = dict(Source.objects.values_list("code", "pk"))
        rows = [self._client(client, sources) for client in self.book.clients]
        self.client_ids = load_clients(rows, by=self.by)
        links = [
            (self.client_ids[c.number], self.client_ids[c.works_at], c.job)
            for c in self.book.clients
            if c.works_at is not None
        ]
        load_links(links, by=self.by)

    def _client(self, client: ClientDraft, sources: dict[str, int]) -> ClientRow:
        points = [Point("phone", client.phone, client.phone)]
        if client.email:
            points.append(Point("email", client.email, client.email))
        return ClientRow(
            client.kind,
            client.name,
            self.users[client.person.login],
            points,
            client.first,
            client.last,
            client.patronymic,
            client.job,
            client.inn,
            source_id=sources.get(client.source),
            values=client.values,
            created_at=client.created_at,
        )

    def _load_cards(self, drafts: list[Draft]) -> None:
        by_pipeline: dict[str, list[Draft]] = defaultdict(list)
        for draft in drafts:
            by_pipeline[draft.pipeline].append(draft)
        writer = _CardWriter(self.users, self.client_ids)
        for code, group in by_pipeline.items():
            group.sort(key=lambda draft: draft.created_at)
            pipeline = Pipeline.objects.select_related("item_type").get(code=code)
            rows = writer.rows(pipeline, group)
            ids = loading.load_items(pipeline, rows, by=self.by)
            for draft, pk in zip(group, ids, strict=True):
                draft.pk = pk
        join_cards(drafts, self.users, by=self.by)

    def _load_work(self, drafts: list[Draft]) -> None:
        work = Work(self.days, self.users)
        load_activities([*work.done(drafts), *work.planned(drafts), *work.own_tasks()])
        notes = list(work.notes(drafts))
        load_notes(notes)
        self._tell_of_mentions(notes)

    def _load_talks(self, leads: list[Draft], deals: list[Draft]) -> None:
        form = make_site_form(owner_id=self.users["manager"], by=self.by)
        talks = Talks(self.days, self.users, self.client_ids, self.book.clients, form)
        talks.load(leads, deals)
        self._load_answers(leads)
        code = form.channel.code
        make_routing(self.users, form_code=code, now=self.days.now, by=self.by)

    def _load_answers(self, leads: list[Draft]) -> None:
        sources = dict(Source.objects.values_list("code", "pk"))
        answers = [
            AnswerRow(
                draft.pk,
                self.users[draft.person.login],
                draft.created_at,
                draft.first_response_at,
                source_id=sources.get(draft.source),
            )
            for draft in leads
            if draft.first_response_at is not None
        ]
        load_answers(Pipeline.objects.get(code="leads"), answers)

    def _tell_of_mentions(self, notes: list[Note]) -> None:
        fresh = sorted((n for n in notes if n.mentions), key=lambda n: n.created_at)[-12:]
        for note in fresh:
            for user_id in note.mentions:
                text = plain_text(note.text)
                notify(user_id, "mention", text, item_id=note.item_id)


class _CardWriter:
    """Turns drafts into rows of the bulk door."""

    def __init__(self, users: dict[str, int], client_ids: list[int]) -> None:
        self.users = users
        self.client_ids = client_ids
        self.sources = dict(Source.objects.values_list("code", "pk"))
        self.products = {p.code: p for p in Product.objects.filter(code__in=PRICES)}

    def rows(self, pipeline: Pipeline, drafts: list[Draft]) -> list[loading.LoadRow]:
        stages = {stage.code: stage for stage in pipeline.stages.all()}
        stages |= {s.kind: s for s in stages.values() if s.kind != Stage.Kind.OPEN}
        reasons = dict(LossReason.objects.filter(pipeline=pipeline).values_list("code", "pk"))
        return [self._row(draft, stages, reasons) for draft in drafts]

    def _row(
        self, draft: Draft, stages: dict[str, Stage], reasons: dict[str, int]
    ) -> loading.LoadRow:
        owner = self.users[draft.person.login]
        visits = [(stages[code], at) for code, at in draft.way.visits]
        lines = [
            Line(str(self.products[c].name), self.products[c].price, n, off, self.products[c].pk)
            for c, n, off in draft.lines
        ]
        return loading.LoadRow(
            title=draft.title,
            owner_id=owner,
            author_id=owner,
            visits=visits,
            amount=draft.amount,
            contact_id=self._client_id(draft.contact),
            company_id=self._client_id(draft.company),
            source_id=self.sources.get(draft.source),
            values=draft.values,
            utm=draft.utm,
            lines=lines,
            repeat=draft.repeat,
            first_response_at=draft.first_response_at,
            last_touch_at=visits[-1][1],
            loss_reason_id=reasons.get(draft.way.reason),
            loss_comment="Сказали сами" if draft.way.reason in _THEIR_WORD else "",
            loss_told_by=_told_by(draft.way.reason),
            jumped=frozenset(stages[code].pk for code in draft.way.jumped),
            external_id=self._element_key(draft),
        )

    def _element_key(self, draft: Draft) -> str:
        """Return by what robots know that the element is there; "" of other cards."""
        if draft.parent is None or not draft.line:
            return ""
        return element_key(draft.parent.pk, str(self.products[draft.line].pk))

    def _client_id(self, number: int | None) -> int | None:
        return None if number is None else self.client_ids[number]


def _told_by(reason: str) -> str:
    if not reason:
        return ""
    return ToldBy.CLIENT if reason in _THEIR_WORD else ToldBy.SELLER
