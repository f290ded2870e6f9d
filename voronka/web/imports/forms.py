"""What a person types into the wizard becomes a mapping."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.imports import vcards
from voronka.imports.mapping import (
    CONTACTS,
    REPEATED,
    Mapping,
    Rule,
    base_code,
    free_code,
    parse_mapping,
)
from voronka.imports.models import ImportRun
from voronka.imports.repairing import repairs_of
from voronka.imports.splitting import split
from voronka.imports.tables import DELIMITERS, ENCODINGS, SPREADSHEETS, Table
from voronka.imports.targets import Target
from voronka.people.access import CLIENTS
from voronka.people.models import User
from voronka.pipelines.models import Pipeline

FREE_LINES = 3  # empty lines for fixed values
_ENCODING_NAMES = {"cp1251": "Windows-1251", "cp866": "DOS (866)", "koi8_r": "KOI8-R"}
_DELIMITER_NAMES = {
    ";": gettext_lazy("semicolon ;"),
    ",": gettext_lazy("comma ,"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("bar |"),
}


class UploadForm(forms.Form):
    """The file, and what its rows are."""

    entity = forms.ChoiceField(label=gettext_lazy("What is in the file"))
    pipeline = forms.ChoiceField(
        label=gettext_lazy("Funnel"),
        required=False,
        help_text=gettext_lazy("For cards: where they go."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV or contact cards (vCard) in any encoding up to 200 MB; XLSX, XLS, ODS up to 50 MB."
        ),
        widget=forms.ClearableFileInput(
            attrs={
                "accept": ",".join(
                    [".csv", ".txt", ".tsv", *sorted(SPREADSHEETS), *sorted(vcards.SUFFIXES)]
                )
            }
        ),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        funnels = importable_pipelines(user)
        self._choices("pipeline", [("", "—"), *((p.code, str(p)) for p in funnels)])
        self._choices("entity", [(e.value, str(e.label)) for e in entities(user, funnels)])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("entity") == ImportRun.Entity.ITEM and not data.get("pipeline"):
            self.add_error("pipeline", _("Choose the funnel the cards go to."))
        return data


def importable_pipelines(user: User) -> list[Pipeline]:
    """Return the funnels into which this person may import. One query."""
    funnels = Pipeline.objects.select_related("item_type").filter(archived=False)
    may = user.access.scope
    return [p for p in funnels if may("import", p.item_type.code, p.code)]


def entities(user: User, funnels: list[Pipeline]) -> list[ImportRun.Entity]:
    """Return the kinds of rows this person may import."""
    entity = ImportRun.Entity
    allowed = {
        entity.PERSON: bool(user.access.scope("import", CLIENTS)),
        entity.COMPANY: bool(user.access.scope("import", CLIENTS)),
        entity.ITEM: bool(funnels),
        entity.PRODUCT: user.access.has("setup"),
        entity.EMPLOYEE: user.access.has("people"),
    }
    return [e for e in entity if allowed[e]]


class ReadingForm(forms.Form):
    """How the file is read."""

    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"),
        required=False,
        choices=[(e, _ENCODING_NAMES.get(e, e.upper())) for e in ENCODINGS],
    )
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Columns are divided by"),
        required=False,
        choices=[(d, _DELIMITER_NAMES[d]) for d in DELIMITERS],
    )
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"), required=False)
    header_row = forms.IntegerField(
        label=gettext_lazy("Rows above the header"), min_value=0, max_value=100, initial=0
    )

    def __init__(self, table: Table, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sheets = table.sheets
        if table.of_cards:
            del self.fields["delimiter"], self.fields["sheet"], self.fields["header_row"]
        elif sheets:
            del self.fields["encoding"], self.fields["delimiter"]
            sheet = self.fields["sheet"]
            if isinstance(sheet, forms.ChoiceField):
                sheet.choices = [(s, s) for s in sheets]
        else:
            del self.fields["sheet"]


def read_mapping(post: QueryDict, run: ImportRun, old: Mapping) -> Mapping:
    """Read the mapping page.

    Column n posts `to-n` (field code), `match-n`, `missing-n`, `known-n`, `repair-n` and
    `replace-n`, whose lines are "old = new". Fixed values post `fixed-n-code` and
    `fixed-n-text`, where "{column}" makes a template.
    """
    fields: dict[str, Rule] = {}
    for n, header in enumerate(run.headers):
        code = post.get(f"to-{n}", "")
        if not code:
            continue
        rule = Rule.model_validate(
            {
                "column": header,
                "match": post.get(f"match-{n}", ""),
                "missing": post.get(f"missing-{n}") or "fix",
                "known": post.get(f"known-{n}", ""),
                "repair": post.get(f"repair-{n}") == "1",
                "replace": _replacements(post.get(f"replace-{n}", "")),
            }
        )
        fields[free_code(code, fields)] = rule
    for n in range(len(old.fields) + FREE_LINES):
        code, text = post.get(f"fixed-{n}-code", ""), post.get(f"fixed-{n}-text", "").strip()
        if code and text and (code in REPEATED or code not in fields):
            template = bool(re.search(r"\{[^{}]+\}", text))
            fields[free_code(code, fields)] = Rule(template=text) if template else Rule(value=text)
    return Mapping(
        entity=old.entity,
        pipeline=old.pipeline,
        key=[k for k in post.getlist("key") if k],
        known=Mapping.model_validate({"entity": old.entity, "known": post.get("known", "")}).known,
        fields=fields,
        day_first=post.get("day_first", "1") == "1",
    )


def _replacements(text: str) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {old.strip(): new.strip() for old, new in pairs if old.strip()}


def columns(
    run: ImportRun, mapping: Mapping, sample: list[list[str]], targets: list[Target]
) -> list[dict[str, Any]]:
    """Return what the mapping page shows per column: header, examples, where it goes."""
    by_column = {rule.column: (code, rule) for code, rule in mapping.fields.items() if rule.column}
    known = {t.code: t for t in targets}
    rows = []
    titles, repairs = run.titles, repairs_of(run.entity)
    for n, header in enumerate(run.headers):
        code, rule = by_column.get(header, ("", Rule()))
        base = base_code(code)
        examples = dict.fromkeys(r[n].strip()[:200] for r in sample if n < len(r) and r[n].strip())
        target = known.get(base)
        rows.append(
            {
                "number": n,
                "header": titles[n],
                "examples": [
                    (
                        e,
                        _parts(e, known, person=run.entity == ImportRun.Entity.PERSON)
                        if base == CONTACTS
                        else [],
                    )
                    for e in examples
                ][:3],
                "to": base,
                "target": target,
                "rule": rule,
                "repairs": base in repairs,
                "replace": "\n".join(f"{a} = {b}" for a, b in rule.replace.items()),
            }
        )
    return rows


def _parts(text: str, known: dict[str, Target], *, person: bool) -> list[tuple[str, str]]:
    """Return what a cell of name and contacts gives: the field's title and its text."""
    found = split(text, person=person).values()
    if "last_name" in found or "first_name" in found:
        del found["name"]
    titled = {code: known[code].title for code in found if code in known}
    return [(str(title), found[code].replace("\n", ", ")) for code, title in titled.items()]


def advice(run: ImportRun) -> list[tuple[str, int]]:
    """Return which columns hold names that should be repaired, and in how many rows."""
    titles = dict(zip(run.headers, run.titles, strict=True))
    fields = parse_mapping(run.mapping).fields
    return [
        (titles.get(fields[code].column) or code, rows)
        for code, rows in run.advice.items()
        if code in fields
    ]


def fixed_lines(mapping: Mapping) -> list[dict[str, Any]]:
    """Return the fixed values and templates, and some empty lines to add more."""
    lines = [
        {"code": base_code(code), "text": rule.template or rule.value}
        for code, rule in mapping.fields.items()
        if not rule.column
    ]
    lines += [{"code": "", "text": ""}] * FREE_LINES
    return [{"number": n, **line} for n, line in enumerate(lines)]
