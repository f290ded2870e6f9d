"""The ABC grade of a type: which answers count, and from how many points on (Q7, QL-2)."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, Sentence
from voronka.kernel.texts import LocalText
from voronka.people.requests import SignedInRequest
from voronka.pipelines.commands.types import save_grade_rule
from voronka.pipelines.models import Field, ItemType
from voronka.pipelines.rules import LISTS
from voronka.pipelines.specs import GradeRule
from voronka.web.editor.pages import saved
from voronka.web.field_setup.views import type_of
from voronka.web.rights import needs_right


@dataclass(frozen=True, slots=True)
class Counted:
    """A list that may count, with the points of its answers."""

    field: Field
    chosen: bool

    @property
    def answers(self) -> list[tuple[str, int]]:
        """Words and points."""
        return [
            (str(LocalText.of(option.get("name"))), int(option.get("points") or 0))
            for option in self.field.options
        ]

    @property
    def most(self) -> int:
        """Points of the best answer."""
        return max((points for _words, points in self.answers), default=0)


@dataclass(frozen=True, slots=True)
class GradePage:
    """The rule as it is or as it was typed, explained."""

    item_type: ItemType
    rule: GradeRule
    a: str
    b: str
    errors: dict[str, Sentence]

    @property
    def lists(self) -> list[Counted]:
        """Lists of the type in the order of the card."""
        rows = self.item_type.fields.filter(kind__in=LISTS, archived=False)
        ordered = rows.select_related("section").order_by("section__position", "position")
        return [Counted(row, row.code in self.rule.fields) for row in ordered]

    @property
    def most(self) -> int:
        """Points of the best answers together."""
        return sum(row.most for row in self.lists if row.chosen)


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def grade(request: SignedInRequest) -> HttpResponse:
    """GET ?type=…: the rule with its explanation; POST: save it."""
    item_type = type_of(request)
    if item_type is None:
        item_type = ItemType.objects.get(kind=ItemType.Kind.LEAD)
    rule = GradeRule.of(item_type.grade_rule)
    page = GradePage(item_type, rule, str(rule.a or ""), str(rule.b or ""), {})
    if request.method == "POST":
        a, b = (request.POST.get(name, "").strip() for name in ("a", "b"))
        rule = GradeRule(tuple(request.POST.getlist("fields")), _number(a), _number(b))
        page = GradePage(item_type, rule, a, b, {})
        try:
            save_grade_rule(item_type.code, rule, by=Actor.user(request.user))
        except DomainError as refusal:
            page.errors.update(refusal.fields or {"fields": refusal.detail})
        else:
            url = reverse("field_setup:index") + f"?type={item_type.code}"
            return saved(request, url, event="fields:changed")
    status = 422 if page.errors else 200
    return render(request, "field_setup/grade.html", {"page": page}, status=status)


def _number(typed: str) -> int:
    return int(typed[:6]) if typed.isdecimal() else 0
