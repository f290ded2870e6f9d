"""What is written in the cards: products with prices, and the fields that stages ask for."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from voronka.demo import names
from voronka.demo.calendar import Days
from voronka.demo.drafts import Book, Draft

PRICES = {  # of furniture.yaml
    "KUH-MODERN": 48500,
    "KUH-NEO": 67900,
    "KUH-LOFT": 56200,
    "STOL-KAM": 21400,
    "SHK-KUPE": 74900,
    "GARD": 128000,
    "PRIH": 42300,
    "DET": 89500,
    "KOM-3": 7450,
    "SHK-2": 11900,
    "STEL": 5600,
    "TUMBA-TV": 6800,
    "FAS-PVH": 3900,
    "FAS-EMAL": 7800,
    "FAS-SHPON": 11200,
    "DOSTAVKA": 4500,
    "MONTAZH": 14500,
}
_SINGLE = {"wardrobe": ("SHK-KUPE", "GARD"), "hallway": ("PRIH",), "nursery": ("DET",)}
_COATING = {"FAS-PVH": "film", "FAS-EMAL": "enamel", "FAS-SHPON": "veneer"}
MATERIALS = ("Egger дуб Халифакс", "Kronospan белый", "МДФ эмаль NCS S 3005", "Шпон дуба, масло")
_CENT = Decimal("0.01")


def choose_lines(draft: Draft, dice: Random) -> None:
    """Put products into a deal, and their sum into its amount."""
    draft.lines = _lines(draft, dice)
    draft.amount = sum((line_total(*line) for line in draft.lines), Decimal(0))


def line_total(code: str, quantity: Decimal, discount: Decimal) -> Decimal:
    """What a line costs."""
    return (PRICES[code] * quantity * (100 - discount) / 100).quantize(_CENT)


def _lines(draft: Draft, dice: Random) -> list[tuple[str, Decimal, Decimal]]:
    none, zero = Decimal(1), Decimal(0)
    if draft.pipeline.startswith("facades"):
        area = Decimal(dice.randrange(60, 420)) / 10
        return [(dice.choice(tuple(_COATING)), area, Decimal(dice.choice((0, 5, 10))))]
    if draft.pipeline.startswith("wholesale"):
        chosen = dice.sample(("KOM-3", "SHK-2", "STEL", "TUMBA-TV"), dice.randrange(2, 5))
        off = Decimal(dice.choice((0, 5, 10, 15)))
        most = 9 if draft.pipeline == "wholesale_new" else 14
        return [(code, Decimal(dice.randrange(3, most)), off) for code in chosen]
    if draft.product == "kitchen":
        length = Decimal(dice.randrange(22, 64)) / 10
        off = Decimal(dice.choice((0, 0, 0, 3, 5, 7)))
        kitchen = dice.choice(("KUH-MODERN", "KUH-MODERN", "KUH-LOFT", "KUH-NEO"))
        lines = [(kitchen, length, off)]
        if dice.random() < 0.4:
            lines.append(("STOL-KAM", length, zero))
    else:
        code = dice.choice(_SINGLE.get(draft.product, ("SHK-KUPE",)))
        lines = [(code, none, Decimal(dice.choice((0, 0, 5))))]
    lines.append(("DOSTAVKA", none, zero))
    if draft.pipeline == "retail_office":
        lines.append(("MONTAZH", none, zero))
    return lines


def fill_bant(draft: Draft, dice: Random, *, good: bool) -> None:
    """Answer the qualification questions; who buys has better answers."""
    best, worse = (0, 0, 1, 1, 2), (0, 1, 2, 2, 3)
    for code, answers in (
        ("budget", ("enough", "tight", "unknown", "none")),
        ("urgency", ("month", "quarter", "later", "someday")),
        ("need", ("ours", "close", "vague", "other")),
        ("authority", ("decides", "together", "advises", "collects")),
    ):
        if good or code != "authority":
            draft.values[code] = answers[dice.choice(best if good else worse)]


def fill_fields(draft: Draft, book: Book, days: Days, number: int) -> None:
    """Fill what the stages that a deal has passed ask for."""
    dice, way, values = days.dice, draft.way, draft.values
    seen = set(way.stages)
    retail = draft.pipeline.startswith("retail")
    if retail:
        values["product"] = [draft.product]
    elif draft.pipeline.startswith(("wholesale", "facades")):
        values["product"] = ["facades" if "facades" in draft.pipeline else "cabinets"]
    if retail and seen & {"measure_booked", "order_paid", "delivered"}:
        values["address"] = names.address(dice)
    if booked := way.at("measure_booked"):
        at = way.at("measured") or booked + timedelta(days=2)
        values["measure_at"] = at.replace(minute=0, second=0, microsecond=0).isoformat()
    if "quote_sent" in seen and draft.pipeline == "retail_office":
        values["project_url"] = f"https://projects.example/{number}"
    if "contract_signed" in seen:
        values["contract_no"] = f"{number}/{draft.created_at:%y}"
        values["ready_on"] = _day(way.at("contract_signed"), 30)
    if seen & {"prepaid", "order_paid", "paid"}:
        half = draft.amount / 2 if draft.pipeline == "retail_office" else draft.amount
        values["prepaid_sum"] = str(half.quantize(_CENT))
        values["pay_by"] = dice.choice(("card", "cash", "instalments")) if retail else "invoice"
    if seen & {"installed", "delivered"}:
        values["install_on"] = _day(way.at("installed") or way.at("delivered"), 1)
    if way.ends_in == "won" and draft.pipeline not in ("nurturing", "refusals"):
        values["paid_on"] = _day(way.visits[-1][1], 0)
    if not retail and draft.company is not None:
        who = book.decider(book.clients[draft.company])
        values["decider"] = f"{who.name}, {who.job.lower()}"
        values["price_terms"] = dice.choice(("retail", "dealer5", "dealer10", "dealer15"))
        monthly = Decimal(dice.randrange(8, 90)) * 10000
        values["monthly_volume"] = str(monthly.quantize(_CENT))
    if draft.pipeline.startswith("facades") and draft.lines:
        code, area, _off = draft.lines[0]
        values["facade_coating"] = _COATING[code]
        values["facade_area"] = float(area)


def _day(moment: datetime | None, plus: int) -> str:
    return (moment + timedelta(days=plus)).date().isoformat() if moment else ""
