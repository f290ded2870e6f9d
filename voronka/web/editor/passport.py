"""The passport of a stage (F4, FS-3): a form in the slider that saves into the draft."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from voronka.blueprints.schema import Criterion, Objection, StageSpec, Text
from voronka.drafts import commands
from voronka.drafts.errors import StageMoved
from voronka.drafts.queries import Canvas, canvas, print_of
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, Sentence
from voronka.kernel.texts import LANGUAGES
from voronka.people.requests import SignedInRequest
from voronka.pipelines.codes import code_from
from voronka.pipelines.criteria import (
    ELEMENTS_PREFIX,
    FIELD_PREFIX,
    elements_of,
    field_of,
    known_checks,
)
from voronka.pipelines.models import COLORS
from voronka.pipelines.queries import element_checks, field_titles, sections_of
from voronka.pipelines.system_fields import system_fields
from voronka.web.editor.pages import funnel_or_404, saved
from voronka.web.editor.words import COLOR_NAMES, responsible
from voronka.web.rights import needs_right

UNITS = ("m", "h", "d")
_DEADLINE = re.compile(r"(\d+)([mhd])( calendar)?")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline as it is typed: a number, a unit of UNITS, and whose clock counts."""

    count: str = ""
    unit: str = "d"
    working: bool = True

    @classmethod
    def of(cls, text: str) -> Deadline:
        """Read "2d" or "3h calendar"."""
        found = _DEADLINE.fullmatch(text)
        if found is None:
            return cls()
        return cls(found[1], found[2], not found[3])

    @property
    def text(self) -> str:
        """Write it as a document has it; what is no number stays, and is refused."""
        if not self.count:
            return ""
        return f"{self.count}{self.unit}" + ("" if self.working else " calendar")


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A field that may be asked for; `since` names the earlier stage that does already."""

    code: str
    title: Sentence
    chosen: bool
    since: str = ""


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields of one section."""

    title: Sentence
    fields: list[FieldChoice]


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """An exit criterion as a row of the form; `uid` ties its tick to it."""

    uid: str
    code: str
    part: Criterion


@dataclass
class PassportPage:
    """What the form shows: a stage as it is in the draft, or as it was typed."""

    laid: Canvas
    code: str
    part: StageSpec
    deadline: Deadline
    errors: dict[str, Sentence] = field(default_factory=dict)
    general: Sentence = ""
    seen: str = ""

    @property
    def is_open(self) -> bool:
        return self.part.kind == "open"

    @property
    def criteria(self) -> list[CriterionRow]:
        """The exit criteria as rows."""
        return [
            CriterionRow(uuid4().hex[:8], code, part)
            for code, part in self.part.exit_criteria.items()
        ]

    @property
    def empty_criterion(self) -> CriterionRow:
        """What a new row is cloned from; the script gives each clone a uid of its own."""
        return CriterionRow("UID", "", Criterion(text=Text()))

    @property
    def checks(self) -> list[tuple[str, Sentence]]:
        """What may prove a criterion besides a filled field."""
        return list(known_checks().items())

    @property
    def element_checks(self) -> list[tuple[str, Sentence]]:
        """What elements of a card may have to be, by type and stage (SP-5)."""
        titles = element_checks(self.laid.pipeline.item_type)
        return [(ELEMENTS_PREFIX + code, title) for code, title in titles.items()]

    @property
    def field_checks(self) -> list[tuple[str, Sentence]]:
        """Filled fields that may prove a criterion."""
        titles = field_titles(self.laid.pipeline.item_type)
        return [(FIELD_PREFIX + code, title) for code, title in titles.items()]

    @property
    def responsible(self) -> Sequence[tuple[Sentence, list[tuple[str, str]]]]:
        """Who may be responsible."""
        return responsible()

    @property
    def colors(self) -> list[tuple[str, Sentence]]:
        return [(color, COLOR_NAMES[color]) for color in COLORS]

    @property
    def groups(self) -> list[FieldGroup]:
        """All fields of the cards by section, with those that earlier stages ask for."""
        item_type = self.laid.pipeline.item_type
        since = self._asked_before()
        chosen = set(self.part.required)

        def choices(pairs: list[tuple[str, Sentence]]) -> list[FieldChoice]:
            return [FieldChoice(c, t, c in chosen, since.get(c, "")) for c, t in pairs]

        groups = [FieldGroup(_("On every card"), choices(list(system_fields(item_type).items())))]
        for row in sections_of(item_type):
            pairs: list[tuple[str, Sentence]] = [(f.code, str(f.name)) for f in row.fields]
            if pairs:
                groups.append(FieldGroup(str(row.section.name), choices(pairs)))
        return groups

    def _asked_before(self) -> dict[str, str]:
        since: dict[str, str] = {}
        for code, part in self.laid.wanted.stages.items():
            if code == self.code:
                return since
            if part.kind == "open":
                since |= {c: str(part.name) for c in part.required if c not in since}
        return {}

    @property
    def untranslated(self) -> dict[str, int]:
        """Language -> how many texts exist only in the other one."""
        texts = [self.part.name, self.part.goal, self.part.sells_next, *self.part.steps]
        texts += [c.text for c in self.part.exit_criteria.values()]
        for pair in self.part.objections:
            texts += [pair.objection, pair.answer]
        return {
            "ru": sum(bool(t.en and not t.ru) for t in texts),
            "en": sum(bool(t.ru and not t.en) for t in texts),
        }


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def passport(request: SignedInRequest, pipeline_id: int, code: str) -> HttpResponse:
    """GET [?part=…]: the form; POST: save it into the draft."""
    laid = canvas(funnel_or_404(pipeline_id))
    part = laid.wanted.stages.get(code)
    if part is None:
        raise Http404
    if request.method == "GET":
        page = PassportPage(laid, code, part, Deadline.of(part.deadline), seen=print_of(part))
        return _shown(request, page)
    changes, deadline = _typed(request.POST, part)
    seen = request.POST.get("seen", "")
    try:
        commands.change_stage(pipeline_id, code, changes, seen=seen, by=Actor.user(request.user))
    except DomainError as refusal:
        typed = part.model_copy(update=changes)
        page = PassportPage(laid, code, typed, deadline, dict(refusal.fields), seen=seen)
        if isinstance(refusal, StageMoved):
            page.seen = print_of(part)
        if not page.errors:
            page.general = refusal.detail
        return _shown(request, page, status=422)
    return saved(request, reverse("editor:pipeline", args=[pipeline_id]))


def _shown(request: SignedInRequest, page: PassportPage, *, status: int = 200) -> HttpResponse:
    context = {
        "page": page,
        "part": page.part,
        "funnel": page.laid.pipeline,
        "focus": request.GET.get("part", "name"),
    }
    return render(request, "editor/passport.html", context, status=status)


def _typed(data: QueryDict, before: StageSpec) -> tuple[dict[str, Any], Deadline]:
    """Read the form; rows without a word are left out."""
    deadline = Deadline(
        data.get("deadline", "").strip()[:5],
        data.get("deadline_unit", "d"),
        data.get("deadline_clock") != "calendar",
    )
    changes: dict[str, Any] = {
        "name": _text(data, "name"),
        "color": data.get("color", before.color),
        "critical": "critical" in data,
        "goal": _text(data, "goal"),
        "steps": _texts(data, "step"),
    }
    if before.kind == "open":
        changes |= {
            "key": "key" in data,
            "sells_next": _text(data, "sells_next"),
            "exit_criteria": _criteria(data),
            "objections": _objections(data),
            "responsible": data.get("responsible", ""),
            "deadline": deadline.text,
        }
    changes["required"] = list(dict.fromkeys(data.getlist("required")))
    return changes, deadline


def _text(data: QueryDict, name: str) -> Text:
    return Text(ru=data.get(f"{name}_ru", "").strip(), en=data.get(f"{name}_en", "").strip())


def _texts(data: QueryDict, name: str) -> list[Text]:
    pairs = zip(data.getlist(f"{name}_ru"), data.getlist(f"{name}_en"), strict=False)
    return [Text(ru=ru.strip(), en=en.strip()) for ru, en in pairs if ru.strip() or en.strip()]


def _criteria(data: QueryDict) -> dict[str, Criterion]:
    must = set(data.getlist("criterion_required"))
    columns = ("uid", "code", "ru", "en", "check")
    rows = zip(*(data.getlist(f"criterion_{name}") for name in columns), strict=False)
    found: dict[str, Criterion] = {}
    for uid, code, ru, en, check in rows:
        text = Text(ru=ru.strip(), en=en.strip())
        if not text and check != "manual":
            text = _words_of(check)
        if not text:
            continue
        code = code or code_from(text.ru or text.en, taken=found, fallback="criterion")
        found[code] = Criterion(text=text, check=check, required=uid in must)
    return found


def _words_of(check: str) -> Text:
    """Say a check in both languages, for a criterion without words of its own."""
    said = {}
    for language in LANGUAGES:
        with override(language):
            title = known_checks().get(check)
            filled = _("The field is filled") if field_of(check) else ""
            what = elements_of(check)
            ready = element_checks().get(what, "") if what else ""
            said[language] = str(title or filled or ready)
    return Text(**said)


def _objections(data: QueryDict) -> list[Objection]:
    columns = ("objection_ru", "objection_en", "answer_ru", "answer_en")
    rows = zip(*(data.getlist(name) for name in columns), strict=False)
    found = []
    for row in rows:
        objection_ru, objection_en, answer_ru, answer_en = (text.strip() for text in row)
        if any(text.strip() for text in row):
            found.append(
                Objection(
                    objection=Text(ru=objection_ru, en=objection_en),
                    answer=Text(ru=answer_ru, en=answer_en),
                )
            )
    return found
