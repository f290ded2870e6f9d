"""A year of enquiries: who wrote, from where, how fast they were answered, what became of them."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from voronka.demo.calendar import Days
from voronka.demo.cast import BY_LOGIN, FACADES, OFFICE, SHOPS, WHOLESALE, Person
from voronka.demo.drafts import Book, Draft
from voronka.demo.filling import fill_bant
from voronka.demo.routes import LEAD_REASONS
from voronka.demo.walking import LOST, WON, Walk, weighted
from voronka.demo.words import CAMPAIGNS

_INTERESTS = {
    "kitchen": 46,
    "wardrobe": 20,
    "hallway": 9,
    "nursery": 7,
    "bulk_furniture": 11,
    "facades": 7,
}
_SOURCES = {"site": 24, "quiz": 20, "direct": 18, "avito": 12, "vk": 10, "phone": 10, "referral": 6}
_TRADE_SOURCES = {"site": 34, "expo": 22, "cold": 24, "phone": 14, "referral": 6}
_TITLES = {
    "kitchen": ("Кухня", "Угловая кухня", "Кухня в новостройку", "Кухня до потолка"),
    "wardrobe": ("Шкаф-купе", "Гардеробная", "Встроенный шкаф"),
    "hallway": ("Прихожая", "Прихожая в узкий коридор"),
    "nursery": ("Детская", "Детская на двоих"),
    "bulk_furniture": ("Корпусная мебель в магазин", "Запрос прайса для магазина"),
    "facades": ("Фасады МДФ", "Фасады под заказ"),
}
_QUALITY = {  # how often an enquiry of a source becomes a deal, relative to the mean
    "referral": 1.5,
    "site": 1.05,
    "quiz": 0.95,
    "direct": 0.9,
    "avito": 0.7,
    "vk": 0.75,
    "phone": 1.25,
    "expo": 1.1,
    "cold": 0.6,
}
_CONVERTS = 0.4  # mean share of leads that become deals


def make_leads(count: int, book: Book, days: Days) -> list[Draft]:
    """Invent `count` leads in order of time, the latest of them today."""
    leads = [_lead(book, days, days.at(day, since=8.2, until=21.5)) for day in days.spread(count)]
    fresh = [_fresh(book, days, minutes) for minutes in (4, 11, 26, 55, 140, 215)]
    for number in (0, 2, 4):  # the form of the site brought these
        _by_form(fresh[number], book, days)
    return leads + fresh


def seller_of(interest: str, days: Days) -> Person:
    """Who gets an enquiry about this."""
    teams = {"bulk_furniture": WHOLESALE, "facades": FACADES}
    team = teams.get(interest, OFFICE if days.dice.random() < 0.86 else SHOPS)
    return BY_LOGIN[days.dice.choice(team)]


def title_of(interest: str, name: str, days: Days) -> str:
    """Name a card after what is wanted and who wants it."""
    return f"{days.dice.choice(_TITLES[interest])}, {name}"


def _draft(book: Book, days: Days, at: datetime) -> Draft:
    dice = days.dice
    interest = weighted(dice, _INTERESTS)
    trade = interest in ("bulk_furniture", "facades")
    source = weighted(dice, _TRADE_SOURCES if trade else _SOURCES)
    person = seller_of(interest, days)
    segment = {"bulk_furniture": "dealer", "facades": "factory"}.get(interest, "private")
    client = book.add_person(person, at, source, segment=segment)
    draft = Draft(
        "leads",
        title_of(interest, client.name, days),
        person,
        Walk([("new", at)]),
        contact=client.number,
        source=source,
        product=interest,
    )
    if source in CAMPAIGNS:
        medium = "cpc" if source != "quiz" else "quiz"
        campaign = dice.choice(CAMPAIGNS[source])
        draft.utm = {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign}
    draft.values["interest"] = interest
    if dice.random() < 0.6:
        draft.values["city"] = dice.choice(("Казань", "Казань", "Зеленодольск", "Иннополис"))
    return draft


def _fresh(book: Book, days: Days, minutes: float) -> Draft:
    """An enquiry of the last hours that nobody has answered yet."""
    return _draft(book, days, days.now - timedelta(minutes=minutes))


def _by_form(draft: Draft, book: Book, days: Days) -> None:
    """Let an unanswered enquiry have come by the form of kitchens, its questions answered."""
    client = book.clients[draft.contact or 0]
    client.source = draft.source = "site"
    draft.product = draft.values["interest"] = "kitchen"
    draft.person = client.person = BY_LOGIN["manager"]
    draft.title = title_of("kitchen", client.name, days)
    draft.utm = {"utm_source": "yandex", "utm_medium": "cpc", "utm_campaign": "kuhni_kazan"}
    client.values["segment"] = "private"
    fill_bant(draft, days.dice, good=True)


def _lead(book: Book, days: Days, at: datetime) -> Draft:
    dice = days.dice
    draft = _draft(book, days, at)
    way, person = draft.way, draft.person
    answered = at + _answer_delay(days, at, person)
    if answered > days.now:
        return draft
    draft.first_response_at = answered
    way.visits.append(("taken", answered))
    share = _CONVERTS * _QUALITY[draft.source] * person.skill
    if (answered - at) < timedelta(minutes=15):
        share *= 1.15  # who answers at once sells more
    good = dice.random() < share
    fill_bant(draft, dice, good=good)
    moment = days.work_after(answered, dice.lognormvariate(-0.9, 0.9) * person.pace)
    if good:
        _visit(way, "qualified", moment, days)
        moment = days.work_after(moment, dice.lognormvariate(-0.6, 0.7) * person.pace)
        if _visit(way, WON, moment, days):
            way.ends_in = WON
        return draft
    moment = days.work_after(moment, dice.lognormvariate(0.9, 0.7))
    if dice.random() < 0.2 and _visit(way, "qualified", moment, days):
        moment = days.work_after(moment, dice.lognormvariate(0.8, 0.6))
    if _visit(way, LOST, moment, days):
        way.ends_in = LOST
        way.reason = weighted(dice, LEAD_REASONS)
        if way.reason in ("spam", "job", "wrong_number", "supplier"):
            draft.title = {"supplier": "Предложение от поставщика"}.get(way.reason, draft.title)
            draft.values.pop("budget", None)
    return draft


def _visit(way: Walk, stage: str, moment: datetime, days: Days) -> bool:
    if moment > days.now:
        return False
    way.visits.append((stage, moment))
    return True


def _answer_delay(days: Days, at: datetime, person: Person) -> timedelta:
    """How long the first answer took: minutes by day, until the morning after hours."""
    dice, local = days.dice, at.astimezone(days.zone)
    minutes = dice.lognormvariate(1.9, 0.85) * person.pace
    if dice.random() < 0.12 * person.pace:
        minutes += dice.uniform(40, 480)  # forgotten for a while
    if 9 <= local.hour < 18 and local.weekday() < 6:
        return timedelta(minutes=minutes)
    morning = datetime.combine(local.date(), time(9, 5), days.zone)
    if local.hour >= 9:
        morning += timedelta(days=1)
    if morning.weekday() == 6:
        morning += timedelta(days=1)
    return morning - at + timedelta(minutes=minutes * 1.5)
