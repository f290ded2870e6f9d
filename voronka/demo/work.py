"""The work on the demo's cards: what was done, what is planned, what people wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from voronka.demo.calendar import Days
from voronka.demo.cast import BY_LOGIN
from voronka.demo.drafts import Draft
from voronka.demo.words import ANY_NEXT, DONE, NEXT, NOTES, SOME_DAY
from voronka.timeline.models import Activity, Note

People = Mapping[str, int]  # login -> user id
_OVERDUE, _NONE, _UNDATED = 0.17, 0.12, 0.03  # shares of open cards


@dataclass(slots=True)
class Work:
    """Draws activities and notes for cards that are written already."""

    days: Days
    people: People

    def done(self, drafts: list[Draft]) -> Iterator[Activity]:
        """What was done on the way: calls, meetings and tasks with their results."""
        dice = self.days.dice
        for draft in drafts:
            for stage, entered in draft.way.visits:
                if stage in draft.way.jumped:
                    continue
                for kind, title, result in DONE.get(stage, ()):
                    if dice.random() > (0.85 if draft.is_open else 0.4):
                        continue
                    ended = entered - timedelta(minutes=dice.uniform(1, 40))
                    ended = max(ended, draft.created_at + timedelta(minutes=1))
                    if ended > self.days.now:
                        continue
                    yield self._done(draft, kind, title, result, ended)
            if draft.way.reason in ("not_reached", "silent"):
                yield from self._unanswered(draft)

    def _done(self, draft: Draft, kind: str, title: str, result: str, ended: datetime) -> Activity:
        late = self.days.dice.random() < 0.2
        due = ended - timedelta(hours=self.days.dice.uniform(1, 30) if late else 0)
        return Activity(
            kind=kind,
            item_id=draft.pk,
            title=title,
            owner_id=self.people[draft.person.login],
            due_at=due,
            minutes=60 if kind == "meeting" else None,
            done_at=ended,
            outcome="done",
            result=result,
            created_by_id=self.people[draft.person.login],
            created_at=min(draft.created_at, due),
        )

    def _unanswered(self, draft: Draft) -> Iterator[Activity]:
        first, last = draft.created_at, draft.way.visits[-1][1]
        for number in range(1, 4):
            at = first + (last - first) * (number / 4)
            call = self._done(draft, "call", "Дозвониться", "Не берёт трубку.", at)
            call.outcome = "no_answer"
            yield call

    def planned(self, drafts: list[Draft]) -> Iterator[Activity]:
        """Next steps of open cards: most ahead, some overdue, some cards without any."""
        dice = self.days.dice
        for draft in drafts:
            fate = dice.random()
            if not draft.is_open or fate < _NONE or draft.pipeline == "production":
                continue
            stage, entered = draft.way.visits[-1]
            if stage == "new" and self.days.now - entered < timedelta(minutes=30):
                continue
            kind, title = dice.choice(NEXT.get(stage, ANY_NEXT))
            due: datetime | None = self.days.ahead(dice.choice((0, 0, 1, 1, 2, 3, 4, 7)))
            if fate < _NONE + _OVERDUE or (self.days.now - entered).days > 12:
                due = self.days.ahead(0) - timedelta(days=dice.randrange(1, 9))
            elif fate > 1 - _UNDATED:
                due = None
            owner = self.people[draft.person.login]
            yield Activity(
                kind=kind,
                item_id=draft.pk,
                title=title,
                owner_id=owner,
                due_at=due,
                minutes=60 if kind == "meeting" else None,
                created_by_id=owner,
                created_at=min(max(entered, draft.created_at), self.days.now),
            )

    def own_tasks(self) -> Iterator[Activity]:
        """Tasks of people that belong to no card."""
        for login in ("rop", "rop.opt", "manager", "natalia", "alexey", "marketing"):
            yield Activity(
                kind="task",
                title=self.days.dice.choice(SOME_DAY),
                owner_id=self.people[login],
                created_by_id=self.people[login],
                created_at=self.days.now - timedelta(days=self.days.dice.uniform(2, 20)),
            )
        for login, title in (
            ("rop", "Разобрать затор на «КП отправлено» в офисе"),
            ("rop.opt", "Проверить отказы за неделю"),
            ("owner", "Посмотреть воронку за месяц с Ольгой"),
        ):
            yield Activity(
                kind="meeting" if login == "owner" else "task",
                title=title,
                owner_id=self.people[login],
                due_at=self.days.ahead(0 if login == "rop" else 1),
                created_by_id=self.people["owner"],
                created_at=self.days.now - timedelta(days=2),
            )

    def notes(self, drafts: list[Draft]) -> Iterator[Note]:
        """What managers wrote in the cards, with calls for the head's help, a few at any time."""
        dice = self.days.dice
        stuck = [d for d in drafts if d.is_open and d.way.stages[-1] == "quote_sent"]
        stuck.sort(key=lambda draft: draft.way.visits[-1][1])
        urgent = set(stuck[-3:])
        for draft in drafts:
            for stage, entered in draft.way.visits:
                texts = NOTES.get("refused" if stage == "lost" else stage)
                share = 0.55 if draft.is_open else 0.22
                asks = stage == "quote_sent" and draft in urgent
                quiet = draft.pipeline == "production" or dice.random() > share
                if not texts or (quiet and not asks):
                    continue
                at = min(entered + timedelta(minutes=dice.uniform(5, 300)), self.days.now)
                text, mentions = dice.choice(texts), []
                if asks or (stage == "quote_sent" and draft.is_open and dice.random() < 0.2):
                    login = "rop" if draft.pipeline.startswith("retail") else "rop.opt"
                    text = f"@{BY_LOGIN[login].name} {text} Помогите дожать."
                    mentions = [self.people[login]]
                yield Note(
                    item_id=draft.pk,
                    text=text,
                    author_id=self.people[draft.person.login],
                    mentions=mentions,
                    created_at=at,
                )
