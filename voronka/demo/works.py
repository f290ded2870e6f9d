"""What follows the sale: articles in production, and claims."""

from __future__ import annotations

from datetime import datetime, timedelta

from voronka.demo.calendar import Days
from voronka.demo.cast import BY_LOGIN, WORKS
from voronka.demo.drafts import Book, Draft
from voronka.demo.filling import MATERIALS
from voronka.demo.routes import ROUTES
from voronka.demo.walking import WON, Walk, walk

_STARTS = {"retail_office": "prepaid", "facades_new": "prepaid", "facades_repeat": "paid"}
# What the works make of a product: its kind and its name. Services and façades are no articles of
# the robot's: of façades the works make one for the deal.
_ARTICLES = {
    "KUH-MODERN": ("kitchen", "Кухня"),
    "KUH-LOFT": ("kitchen", "Кухня"),
    "KUH-NEO": ("kitchen", "Кухня"),
    "STOL-KAM": ("kitchen", "Столешница"),
    "SHK-KUPE": ("wardrobe", "Шкаф"),
    "GARD": ("wardrobe", "Гардеробная"),
    "PRIH": ("hallway", "Прихожая"),
    "DET": ("nursery", "Детская"),
}
_FACADES = ("", "facades", "Фасады")
_DEFECTS = {
    "damage": "На фасаде скол у нижней петли, заметили при распаковке.",
    "size": "Пенал на 12 мм шире ниши, не встаёт.",
    "missing": "Нет двух полкодержателей и ручки.",
    "hardware": "Доводчик не держит верхний фасад.",
    "late": "Обещали привезти во вторник, приехали в пятницу.",
}
_FAULTS = {
    "damage": "delivery",
    "size": "measuring",
    "missing": "works",
    "hardware": "works",
    "late": "delivery",
}


def make_articles(deals: list[Draft], book: Book, days: Days) -> list[Draft]:
    """Make the elements of Production for the deals that were prepaid."""
    found: list[Draft] = []
    for deal in deals:
        start = deal.way.at(_STARTS.get(deal.pipeline, ""))
        if start is None:
            continue
        client = book.clients[deal.company if deal.company is not None else deal.contact or 0]
        for code, kind, name in _wanted(deal):
            person = BY_LOGIN[days.dice.choice(WORKS)]
            way = _in_time(walk(ROUTES["production"], start, days, person), deal, days)
            draft = Draft("production", f"{name}, {client.last or client.name}", person, way)
            draft.parent, draft.link, draft.product = deal, "part", kind
            draft.line = code
            draft.tunnel = "child"
            draft.robot = "articles" if deal.pipeline == "retail_office" else ""
            draft.values = {
                "article_kind": kind,
                "material": days.dice.choice(MATERIALS),
                "due_on": (start + timedelta(days=28)).date().isoformat(),
            }
            found.append(draft)
    return found


def _wanted(deal: Draft) -> list[tuple[str, str, str]]:
    """Return product, kind and name of each article of a deal: one for a line, as robots do."""
    if deal.pipeline.startswith("facades"):
        return [_FACADES]
    return [(code, *_ARTICLES[code]) for code, _n, _off in deal.lines if code in _ARTICLES]


def _in_time(way: Walk, deal: Draft, days: Days) -> Walk:
    """An article is ready before its deal says so: squeeze its way into the time there was."""
    end, start = deal.way.at("made"), way.visits[0][1]
    if way.ends_in == "lost":
        return Walk(way.visits[:-1])
    if end is None:
        return way
    codes = [step.stage for step in ROUTES["production"].steps] + [WON]
    lengths = [step.days for step in ROUTES["production"].steps]
    total, passed = sum(lengths), 0.0
    visits: list[tuple[str, datetime]] = [(codes[0], start)]
    for code, length in zip(codes[1:], lengths, strict=True):
        passed += length
        visits.append((code, start + (end - start) * (passed / total) * 0.97))
    return Walk(visits, ends_in=WON)


def make_claims(
    deals: list[Draft], articles: list[Draft], days: Days, share: float = 0.07
) -> list[Draft]:
    """Make claims about some of the orders that were handed over.

    Faults of the works go back to the article that has them.
    """
    found: list[Draft] = []
    ready = {one.parent: one for one in articles if one.way.ends_in == WON}
    for deal in deals:
        selling = deal.pipeline not in ("nurturing", "refusals")
        if deal.way.ends_in != WON or not selling or days.dice.random() > share:
            continue
        at = days.work_after(deal.way.visits[-1][1], days.dice.uniform(1, 45))
        if at > days.now:
            continue
        defect = days.dice.choice(tuple(_DEFECTS))
        way = walk(ROUTES["claims"], at, days, deal.person)
        draft = Draft("claims", f"Рекламация: {deal.title}", deal.person, way)
        draft.contact, draft.company, draft.source = deal.contact, deal.company, deal.source
        draft.parent, draft.link = deal, "related"
        draft.source_card = ready.get(deal) if _FAULTS[defect] == "works" else None
        draft.first_response_at = min(at + timedelta(minutes=days.dice.uniform(10, 200)), days.now)
        draft.values = {"defect": defect, "details": _DEFECTS[defect]}
        if len(way.visits) > 1:
            draft.values["fault_of"] = _FAULTS[defect]
        if len(way.visits) > 2:
            draft.values["remedy"] = days.dice.choice(("replace", "repair", "discount"))
            draft.values["cost"] = f"{days.dice.randrange(8, 240) * 100}.00"
        found.append(draft)
    return found
