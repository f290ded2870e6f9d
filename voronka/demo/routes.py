"""How cards walk through each funnel of the demo: the odds of every step and its usual length."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A stage: the share of cards that pass on, and the usual stay in calendar days."""

    stage: str
    passes: float  # 0..1
    days: float


@dataclass(frozen=True, slots=True)
class Route:
    """A funnel's steps, and its loss reasons by weight."""

    steps: tuple[Step, ...]
    reasons: dict[str, int]
    weekends: bool = False


def _steps(*rows: tuple[str, float, float]) -> tuple[Step, ...]:
    return tuple(Step(*row) for row in rows)


_RETAIL = {
    "price_rival": 22,
    "price_budget": 18,
    "timing": 9,
    "bought_elsewhere": 17,
    "postponed": 16,
    "silent": 14,
    "assortment": 5,
    "double": 1,
}
_TRADE = {
    "price_rival": 22,
    "margin": 12,
    "credit": 18,
    "supplier": 16,
    "timing": 6,
    "logistics": 8,
    "postponed": 10,
    "silent": 12,
}
ROUTES: dict[str, Route] = {
    "retail_office": Route(
        _steps(
            ("accepted", 0.95, 0.3),
            ("need_found", 0.85, 1.6),
            ("measure_booked", 0.92, 2.6),
            ("measured", 0.92, 1.8),
            ("project_ready", 0.95, 2.8),
            ("quote_sent", 0.62, 2.6),
            ("objections_handled", 0.86, 2.8),
            ("contract_signed", 0.97, 1.6),
            ("prepaid", 0.99, 22.0),
            ("made", 1.0, 2.5),
            ("installed", 1.0, 2.5),
        ),
        _RETAIL,
    ),
    "retail_shop": Route(
        _steps(
            ("visit", 0.82, 0.6),
            ("need_found", 0.85, 0.9),
            ("shown", 0.78, 1.6),
            ("estimate_given", 0.74, 1.9),
            ("objections_handled", 0.86, 1.6),
            ("order_paid", 1.0, 8.0),
            ("delivered", 1.0, 1.5),
        ),
        _RETAIL,
        weekends=True,
    ),
    "wholesale_new": Route(
        _steps(
            ("contact_made", 0.8, 1.8),
            ("need_found", 0.75, 3.0),
            ("meeting_held", 0.82, 5.0),
            ("quote_sent", 0.68, 3.2),
            ("terms_agreed", 0.82, 5.0),
            ("contract_signed", 0.95, 4.0),
            ("invoice_sent", 0.95, 2.8),
            ("prepaid", 1.0, 0.9),
            ("shipped", 1.0, 4.5),
        ),
        _TRADE,
    ),
    "wholesale_repeat": Route(
        _steps(
            ("need_asked", 0.93, 0.8),
            ("order_agreed", 0.95, 1.5),
            ("invoice_sent", 0.98, 2.4),
            ("paid", 1.0, 0.8),
            ("shipped", 1.0, 2.6),
        ),
        {"stock": 40, "price": 20, "rival": 20, "quality": 8, "out_of_stock": 12},
    ),
    "facades_new": Route(
        _steps(
            ("contact_made", 0.82, 1.8),
            ("spec_received", 0.85, 2.6),
            ("estimate_sent", 0.72, 1.9),
            ("sample_made", 0.78, 4.5),
            ("sample_approved", 0.9, 2.8),
            ("contract_signed", 0.95, 4.0),
            ("prepaid", 1.0, 9.0),
            ("made", 1.0, 1.8),
            ("shipped", 1.0, 4.0),
        ),
        _TRADE,
    ),
    "facades_repeat": Route(
        _steps(
            ("accepted", 0.97, 0.3),
            ("spec_agreed", 0.97, 0.9),
            ("invoice_sent", 0.98, 1.8),
            ("paid", 1.0, 6.5),
            ("made", 1.0, 1.2),
            ("shipped", 1.0, 2.4),
        ),
        {"no_orders": 40, "price": 22, "rival": 18, "quality": 10, "timing": 10},
    ),
    "nurturing": Route(
        _steps(
            ("wish_noted", 0.9, 4.0),
            ("ideas_sent", 0.75, 16.0),
            ("cases_sent", 0.6, 17.0),
            ("invited", 0.75, 4.0),
        ),
        {"bought": 40, "cancelled": 25, "silent": 35},
    ),
    "refusals": Route(
        _steps(("reason_checked", 0.72, 2.0), ("offer_sent", 0.62, 3.0), ("talk_held", 0.64, 2.5)),
        {"bought": 40, "no_need": 25, "silent": 25, "asked_stop": 10},
    ),
    "production": Route(
        _steps(
            ("accepted", 1.0, 0.8),
            ("materials_ready", 1.0, 4.5),
            ("cut", 1.0, 3.6),
            ("fronts_made", 0.995, 7.0),
            ("assembled", 1.0, 2.4),
            ("packed", 1.0, 0.7),
        ),
        {"customer": 60, "remade": 40},
    ),
    "claims": Route(
        _steps(
            ("registered", 0.96, 0.3),
            ("cause_found", 0.94, 1.8),
            ("decision_agreed", 0.97, 1.0),
            ("fixed", 1.0, 9.0),
        ),
        {"not_warranty": 60, "not_ours": 15, "withdrawn": 25},
    ),
}
LEAD_REASONS = {
    "not_reached": 26,
    "no_money": 18,
    "elsewhere": 14,
    "later": 14,
    "no_product": 10,
    "no_region": 6,
    "supplier": 4,
    "spam": 4,
    "job": 2,
    "wrong_number": 2,
}
