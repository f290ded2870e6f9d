"""What sources cost: typed, or brought as a table, row by row; all or nothing."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from voronka.imports.tables import guess_delimiter, guess_encoding
from voronka.items.commands.sources import Cost, delete_cost, save_costs
from voronka.items.models import SourceCost
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Source
from voronka.web.rights import needs_right

LARGEST = 1_000_000  # bytes of a file
MOST = 5_000  # rows of a file
SHOWN = 200
_DATES = ("%d.%m.%Y", "%Y-%m-%d", "%d.%m.%y")
_COLUMNS = 4  # source, first day, last day, amount; a campaign may follow


class CostsForm(forms.Form):
    """A table of costs: pasted, or a file."""

    text = forms.CharField(
        label=pgettext_lazy("costs", "Rows"),
        help_text=gettext_lazy(
            "A row each: source, first day, last day, amount, campaign (utm_campaign) if it is of "
            "one. Copied from a spreadsheet, or separated by semicolons."
        ),
        widget=forms.Textarea(attrs={"rows": 6}),
        required=False,
        max_length=LARGEST,
    )
    file = forms.FileField(label=gettext_lazy("Or a CSV file"), required=False)


@require_http_methods(["GET", "POST"])
@needs_right("reports")
def index(request: SignedInRequest) -> HttpResponse:
    """List what was spent; take more of it."""
    posted = request.method == "POST"
    form = CostsForm(request.POST, request.FILES) if posted else CostsForm()
    wrong: list[str] = []
    if posted and form.is_valid():
        costs, wrong = _read(_text_of(form))
        if not costs and not wrong:
            wrong = [_("Paste the rows, or choose a file.")]
        if not wrong:
            try:
                save_costs([cost for _line, cost in costs], by=Actor.user(request.user))
            except DomainError as error:
                wrong = _refusals(error, [line for line, _cost in costs])
            else:
                return redirect("report:costs")
    context = {
        "form": form,
        "wrong": wrong[:10],
        "more": max(0, len(wrong) - 10),
        "rows": SourceCost.objects.select_related("source")[:SHOWN],
        "sources": Source.objects.filter(archived=False),
    }
    return render(request, "report/costs.html", context, status=422 if wrong else 200)


@require_POST
@needs_right("reports")
def delete(request: SignedInRequest, cost_id: int) -> HttpResponse:
    """Take a cost away."""
    delete_cost(cost_id, by=Actor.user(request.user))
    return redirect("report:costs")


def _text_of(form: CostsForm) -> str:
    file = form.cleaned_data["file"]
    if file is None:
        return str(form.cleaned_data["text"])
    raw: bytes = file.read(LARGEST)
    return raw.decode(guess_encoding(raw), errors="replace")


def _read(text: str) -> tuple[list[tuple[int, Cost]], list[str]]:
    """Return the costs with their lines, and what can't be read; a heading is passed over."""
    codes = {source.code.lower(): source.code for source in Source.objects.all()}
    for source in Source.objects.all():
        codes |= {name.lower(): source.code for name in (source.name.ru, source.name.en) if name}
    costs, wrong = [], []
    delimiter = "\t" if "\t" in text else guess_delimiter(text)
    for line, row in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (line == 1 and len(cells) >= _COLUMNS and _day(cells[1]) is None):
            continue
        if line > MOST:
            wrong.append(_("More than %(count)d rows: bring them in parts.") % {"count": MOST})
            break
        cost = _cost(cells, codes)
        if cost is None:
            wrong.append(
                _("Row %(line)d can't be read: source, two days and an amount are needed.")
                % {"line": line}
            )
        else:
            costs.append((line, cost))
    return costs, wrong


def _cost(cells: list[str], codes: dict[str, str]) -> Cost | None:
    if len(cells) < _COLUMNS:
        return None
    first, last, amount = _day(cells[1]), _day(cells[2]), _amount(cells[3])
    if first is None or last is None or amount is None:
        return None
    campaign = cells[_COLUMNS] if len(cells) > _COLUMNS else ""
    return Cost(codes.get(cells[0].lower(), cells[0]), first, last, amount, campaign)


def _day(text: str) -> date | None:
    for shape in _DATES:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _amount(text: str) -> Decimal | None:
    plain = "".join(text.replace("₽", "").split()).replace(",", ".")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        return None
    return found.quantize(Decimal("0.01")) if found.is_finite() and abs(found) < 10**13 else None


def _refusals(error: DomainError, lines: list[int]) -> list[str]:
    """Say which rows were refused and why."""
    told = []
    for name, why in error.fields.items():
        number = name.partition(".")[0]
        line = lines[int(number)] if number.isdecimal() else 0
        told.append(_("Row %(line)d: %(why)s") % {"line": line, "why": why})
    return told or [str(error.detail)]
