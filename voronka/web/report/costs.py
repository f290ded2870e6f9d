"""What sources cost: typed, or brought as a table, row by row; all or nothing."""

from __future__ import annotations

import csv
import io

from django import forms
from django.core.files.uploadedfile import UploadedFile
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
from voronka.pipelines.values import BadValue, parse_date, parse_money
from voronka.web.rights import needs_right

LARGEST = 1_000_000  # bytes of a file
MOST = 5_000  # rows of a file
SHOWN = 200
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

    def clean_file(self) -> UploadedFile[bytes] | None:
        """Refuse a file of which only a part would be read."""
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > LARGEST:
            raise forms.ValidationError(_("The file is larger than 1 MB: bring it in parts."))
        return file


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
    refused = wrong or form.errors
    return render(request, "report/costs.html", context, status=422 if refused else 200)


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
    raw: bytes = file.read()
    return raw.decode(guess_encoding(raw), errors="replace")


def _read(text: str) -> tuple[list[tuple[int, Cost]], list[str]]:
    """Return the costs with their lines, and what can't be read; a heading is passed over."""
    codes: dict[str, str] = {}
    for source in Source.objects.all():
        names = (source.code, source.name.ru, source.name.en)
        codes |= {name.lower(): source.code for name in names if name}
    costs, wrong = [], []
    delimiter = "\t" if "\t" in text else guess_delimiter(text)
    for line, row in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (line == 1 and _is_heading(cells)):
            continue
        if line > MOST:
            wrong.append(_("More than %(count)d rows: bring them in parts.") % {"count": MOST})
            break
        try:
            costs.append((line, _cost(cells, codes)))
        except BadValue as error:
            wrong.append(_refusal(line, str(error)))
    return costs, wrong


def _is_heading(cells: list[str]) -> bool:
    if len(cells) < _COLUMNS:
        return False
    try:
        parse_date(cells[1])
    except BadValue:
        return not any(character.isdecimal() for character in cells[1])
    return False


def _cost(cells: list[str], codes: dict[str, str]) -> Cost:
    if len(cells) < _COLUMNS:
        raise BadValue(_("Source, two days and an amount are needed."))
    return Cost(
        codes.get(cells[0].lower(), cells[0]),
        parse_date(cells[1]),
        parse_date(cells[2]),
        parse_money(cells[3]),
        cells[_COLUMNS] if len(cells) > _COLUMNS else "",
    )


def _refusals(error: DomainError, lines: list[int]) -> list[str]:
    """Say which rows were refused and why."""
    told = []
    for name, why in error.fields.items():
        number = name.partition(".")[0]
        line = lines[int(number)] if number.isdecimal() else 0
        told.append(_refusal(line, str(why)))
    return told or [str(error.detail)]


def _refusal(line: int, why: str) -> str:
    return _("Row %(line)d: %(why)s") % {"line": line, "why": why}
