"""One field: a form in the slider with kind, words, limits, answers and who asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, Sentence
from voronka.kernel.texts import LocalText
from voronka.people.requests import SignedInRequest
from voronka.pipelines import rules
from voronka.pipelines.codes import code_from
from voronka.pipelines.commands.fields import save_field
from voronka.pipelines.commands.stages import require_from
from voronka.pipelines.formulas import FORMULA_KINDS, field_names
from voronka.pipelines.models import Field, ItemType, Pipeline, Section, Stage
from voronka.pipelines.queries import asked_from
from voronka.pipelines.specs import FieldSpec, Option
from voronka.pipelines.system_fields import SYSTEM_FIELDS
from voronka.pipelines.values import BadValue, parse_date, parse_decimal
from voronka.web.editor.pages import saved
from voronka.web.field_setup.kinds import ICONS, LIMITS, PATTERNS, USES
from voronka.web.field_setup.views import field_or_404, type_of
from voronka.web.fields import draw
from voronka.web.fields.formulas import Word, words
from voronka.web.fields.specs import spec_of
from voronka.web.rights import needs_right


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A kind that a field may have."""

    code: str
    title: Sentence
    use: Sentence
    icon: str


@dataclass(frozen=True, slots=True)
class Asking:
    """From which stage of a funnel on the field is asked for."""

    pipeline: Pipeline
    stages: list[Stage]
    chosen: str


@dataclass
class FieldForm:
    """A field as it is, or as it was typed, with what was wrong with it."""

    item_type: ItemType | None
    row: Field | None
    spec: FieldSpec
    limits: dict[str, str]  # as typed: min, max, pattern, max_length
    asking: dict[str, str]  # pipeline code -> stage code, "" where it is not asked for
    errors: dict[str, Sentence] = field(default_factory=dict)
    general: Sentence = ""

    @property
    def kinds(self) -> list[KindChoice]:
        """All kinds with an icon and an example."""
        return [
            KindChoice(code, title, USES[code], ICONS[code]) for code, title in Field.Kind.choices
        ]

    @property
    def sections(self) -> list[tuple[str, str]]:
        rows = Section.objects.filter(item_type=self.item_type)
        return [(s.code, str(s.name)) for s in rows]

    @property
    def with_bounds(self) -> list[str]:
        """Kinds that know a lower and an upper bound."""
        return list(LIMITS["bounds"])

    @property
    def with_pattern(self) -> list[str]:
        """Kinds that know a pattern and a length."""
        return list(LIMITS["pattern"])

    @property
    def with_options(self) -> list[str]:
        """Kinds with answers."""
        return list(LIMITS["options"])

    @property
    def with_formula(self) -> list[str]:
        """Kinds that a formula can count; none for clients."""
        return list(FORMULA_KINDS) if self.item_type else []

    @property
    def words(self) -> list[Word]:
        """What the formula may name: the card's own facts and the other fields."""
        if self.item_type is None:
            return []
        rows = Field.objects.filter(item_type=self.item_type, archived=False)
        return words(field_names(rows.exclude(code=self.spec.code)))

    @property
    def patterns(self) -> list[tuple[str, Sentence]]:
        return list(PATTERNS)

    @property
    def askings(self) -> list[Asking]:
        """Each funnel of the type with its stages."""
        if self.item_type is None:
            return []
        rows = self.item_type.pipelines.filter(archived=False).prefetch_related("stages")
        return [Asking(p, list(p.stages.all()), self.asking.get(p.code, "")) for p in rows]


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def edit(request: SignedInRequest, field_id: int | None = None) -> HttpResponse:
    """GET [?type=…&section=…&kind=…]: the form; POST: create or change a field."""
    row = field_or_404(field_id) if field_id else None
    item_type = row.item_type if row else type_of(request)
    form = _begun(request, item_type, row)
    if request.method == "POST":
        _read(request.POST, form)
        if not form.errors:
            try:
                with transaction.atomic():
                    by = Actor.user(request.user)
                    save_field(form.spec, by=by)
                    if item_type is not None and form.asking:
                        asked = {pipeline: stage or None for pipeline, stage in form.asking.items()}
                        require_from(item_type.code, form.spec.code, asked, by=by)
            except DomainError as refusal:
                form.errors = dict(refusal.fields)
                form.general = "" if form.errors else refusal.detail
            else:
                url = reverse("field_setup:index") + f"?type={_type(item_type)}"
                return saved(request, url, event="fields:changed")
    status = 422 if form.errors or form.general else 200
    context = {"form": form, "row": row, "type": _type(item_type)}
    return render(request, "field_setup/field.html", context, status=status)


def _type(item_type: ItemType | None) -> str:
    return item_type.code if item_type else "client"


def _begun(request: SignedInRequest, item_type: ItemType | None, row: Field | None) -> FieldForm:
    """Return the form as it opens."""
    asking = asked_from(item_type, row.code) if item_type and row else {}
    if row is not None:
        limits = {name: str(value) for name, value in row.rules.items()}
        return FieldForm(item_type, row, FieldSpec.of(row), limits, asking)
    kind = request.GET.get("kind", Field.Kind.TEXT)
    spec = FieldSpec(
        item_type.code if item_type else None,
        request.GET.get("section", ""),
        "",
        LocalText(),
        kind if kind in Field.Kind.values else Field.Kind.TEXT,
    )
    return FieldForm(item_type, None, spec, {}, {})


def _read(data: QueryDict, form: FieldForm) -> None:
    """Read what was typed into the form; what can't be read becomes an error at its place."""
    row, item_type = form.row, form.item_type
    name = LocalText(data.get("name_ru", "").strip(), data.get("name_en", "").strip())
    kind = data.get("kind", "")
    kind = kind if kind in Field.Kind.values else form.spec.kind
    form.limits = {k: data.get(k, "").strip() for k in ("min", "max", "pattern", "max_length")}
    form.asking = {
        key.removeprefix("asked:"): str(value)
        for key, value in data.items()
        if key.startswith("asked:")
    }
    formula = data.get("formula", "").strip() if kind in form.with_formula else ""
    form.spec = FieldSpec(
        item_type.code if item_type else None,
        data.get("section", form.spec.section),
        row.code if row else _code(data.get("code", "").strip(), name, item_type),
        name,
        kind,
        help=LocalText(data.get("help_ru", "").strip(), data.get("help_en", "").strip()),
        options=_options(data, form) if kind in rules.LISTS else (),
        rules={} if formula else _rules(kind, form),
        important="important" in data,
        formula=formula,
    )


def _code(typed: str, name: LocalText, item_type: ItemType | None) -> str:
    if typed:
        return typed
    taken = set(Field.objects.filter(item_type=item_type).values_list("code", flat=True))
    return code_from(name.ru or name.en, taken=taken | set(SYSTEM_FIELDS), fallback="field")


def _options(data: QueryDict, form: FieldForm) -> tuple[Option, ...]:
    columns = ("option_code", "option_ru", "option_en", "option_points")
    found: dict[str, Option] = {}
    for code, ru, en, points in zip(*(data.getlist(c) for c in columns), strict=False):
        if not (ru.strip() or en.strip()):
            continue
        code = code or code_from(ru.strip() or en.strip(), taken=found, fallback="option")
        try:
            number = int(points.strip().replace("−", "-") or 0)
        except ValueError:
            form.errors["options"] = _("Points are whole numbers.")
            number = 0
        found[code] = Option(code, LocalText(ru.strip(), en.strip()), number)
    return tuple(found.values())


def _rules(kind: str, form: FieldForm) -> dict[str, Any]:
    """Read the limits that the kind knows; the others are left out."""
    limits, found = form.limits, dict[str, Any]()
    if kind in LIMITS["bounds"]:
        for name in ("min", "max"):
            if not limits[name]:
                continue
            try:
                if kind in rules.DATES:
                    found[name] = parse_date(limits[name]).isoformat()
                else:
                    number = parse_decimal(limits[name])
                    whole = number == number.to_integral_value()
                    found[name] = (
                        str(number)
                        if kind == Field.Kind.MONEY
                        else int(number)
                        if whole
                        else float(number)
                    )
            except BadValue as bad:
                form.errors["rules"] = bad.sentence
    if kind in LIMITS["pattern"]:
        if limits["pattern"]:
            found["pattern"] = limits["pattern"]
        if limits["max_length"]:
            if limits["max_length"].isdecimal():
                found["max_length"] = int(limits["max_length"][:9])
            else:
                form.errors["rules"] = _("The length is a whole number from 1 to 100000.")
    return found


@require_POST
@needs_right("setup")
def sample(request: SignedInRequest) -> HttpResponse:
    """Draw the field of a form as the card would, while it is being written."""
    data = request.POST
    kind = data.get("kind", "")
    kind = kind if kind in Field.Kind.values else Field.Kind.TEXT
    form = FieldForm(None, None, FieldSpec(None, "", "sample", LocalText(), kind), {}, {})
    row = Field(
        code="sample",
        kind=kind,
        name=LocalText(data.get("name_ru", "").strip(), data.get("name_en", "").strip())
        or LocalText(_("Name of the field")),
        help=LocalText(data.get("help_ru", "").strip(), data.get("help_en", "").strip()),
        options=[option.as_json() for option in _options(data, form)],
        section=Section(name=LocalText()),
        formula=data.get("formula", "").strip() if kind in FORMULA_KINDS else "",
    )
    drawn = draw([spec_of(row)], user=request.user, prefix="sample-")
    return render(request, "field_setup/_sample.html", {"input": drawn[0]})
