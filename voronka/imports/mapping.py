"""Which column goes where: the mapping of an import, as JSON, YAML and guessed from headers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Sequence
from collections.abc import Mapping as Pairs
from functools import lru_cache
from typing import Any, Literal

from django.utils.text import slugify
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from voronka.kernel.errors import InvalidInput

CONTACTS = "contacts"  # a column of names, phones and remarks together, which is split
REPEATED = ("phone", "email", "account", "comment", CONTACTS)  # several: phone, phone_2 …
_PLACE = re.compile(r"\{([^{}|]+)(\|slug)?\}")


Known = Literal["", "fill", "overwrite", "skip"]


class Rule(BaseModel):
    """Where the value of one field comes from: a column, a template over columns, or a constant.

    `replace` exchanges whole cell values first. For fields that name something else (owner,
    company, contact, product …) `match` tells by what it is found, `missing` what happens if not.
    `known` is for this field alone what `Mapping.known` is for the others (IM-1).
    """

    model_config = ConfigDict(extra="forbid")

    column: str = ""
    template: str = ""  # "{product} — {account}"; "{name|slug}" for codes and addresses
    value: str = ""
    replace: dict[str, str] = Field(default_factory=dict)
    match: Literal["", "name", "external_id", "email", "phone", "inn", "website", "code"] = ""
    missing: Literal["fix", "empty", "create"] = "fix"
    known: Known = ""
    repair: bool = False  # of names: mend layout and case, else it is only suggested


class Mapping(BaseModel):
    """How a table becomes cards, clients, products or employees.

    Attributes:
        key: fields by which what is already there is recognised, in order.
        known: what to do with rows that are already there: "fill" empty fields and add contact
            points, "overwrite", or "skip"; empty for what is usual, see `usual`.
        fields: field code -> rule. See `targets.targets` for the codes.
    """

    model_config = ConfigDict(extra="forbid")

    entity: Literal["person", "company", "item", "product", "employee"]
    pipeline: str = ""
    key: list[str] = Field(default_factory=list)
    known: Known = ""
    fields: dict[str, Rule] = Field(default_factory=dict)
    day_first: bool = True  # 01.02.2025 and 01/02/2025 are the first of February

    @property
    def usual(self) -> Known:
        """What happens to known rows where no field says otherwise.

        A price list and a list of employees are the newest word; of clients and cards people know
        more than an old file does.
        """
        new = self.entity in ("product", "employee")
        return self.known or ("overwrite" if new else "fill")

    @property
    def changes_known(self) -> bool:
        """Whether rows that are there already may change at all."""
        own = (rule.known for rule in self.fields.values())
        return self.usual != "skip" or any(known in ("fill", "overwrite") for known in own)

    def takes(self, code: str, *, filled: bool) -> bool:
        """Whether a known row gets the file's value of a field, which is `filled` by now."""
        rule = self.fields.get(code) or self.fields.get(CONTACTS)
        known = (rule.known if rule else "") or self.usual
        return known == "overwrite" or (known == "fill" and not filled)


def parse_mapping(raw: Pairs[str, Any]) -> Mapping:
    """Read a mapping from JSON-like data.

    Raises:
        InvalidInput: with the path and the fault of each wrong place.
    """
    try:
        return Mapping.model_validate(raw)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(x) for x in fault['loc'])}: {fault['msg']}" for fault in error.errors()
        )
        raise InvalidInput(
            _("The mapping is not sound: %(faults)s") % {"faults": faults}
        ) from error


def read_yaml(text: str) -> Mapping:
    """Read a mapping file; a bare string is short for a column: `title: Name`.

    Raises:
        InvalidInput: not YAML, or not a mapping.
    """
    try:
        raw = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise InvalidInput(_("The mapping is not YAML: %(fault)s") % {"fault": error}) from error
    if not isinstance(raw, dict):
        raise InvalidInput(_("The mapping file is empty."))
    fields = raw.get("fields") or {}
    if isinstance(fields, dict):
        raw["fields"] = {
            str(code): {"column": rule} if isinstance(rule, str) else rule
            for code, rule in fields.items()
        }
    return parse_mapping(raw)


def write_yaml(mapping: Mapping) -> str:
    """Write a mapping as the YAML that the command line takes."""
    import io

    raw = mapping.model_dump(exclude_defaults=True)
    raw["fields"] = {
        code: rule["column"] if list(rule) == ["column"] else rule
        for code, rule in raw.get("fields", {}).items()
    }
    out = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(raw, out)
    return out.getvalue()


def headers_key(headers: Sequence[str]) -> str:
    """Return a fingerprint of a file's headers, by which its mapping is remembered."""
    return hashlib.sha256(json.dumps(list(headers), ensure_ascii=False).encode()).hexdigest()


@lru_cache(maxsize=1000)
def base_code(code: str) -> str:
    """Return "phone" for "phone_2": a client may have several of a kind."""
    head, _sep, tail = code.rpartition("_")
    return head if tail.isdecimal() and head in REPEATED else code


def free_code(code: str, taken: Container[str]) -> str:
    """Return the code, or code_2, code_3 … if it is taken."""
    name, number = code, 2
    while name in taken:
        name, number = f"{code}_{number}", number + 1
    return name


class Cells:
    """Reads the mapped values out of rows; columns are looked up once."""

    def __init__(self, mapping: Mapping, headers: Sequence[str]) -> None:
        places = {header: n for n, header in enumerate(headers)}
        unknown = {r.column for r in mapping.fields.values() if r.column} - places.keys()
        for rule in mapping.fields.values():
            unknown |= {m[1] for m in _PLACE.finditer(rule.template)} - places.keys()
        if unknown:
            raise InvalidInput(
                _("The file has no such column: %(names)s.") % {"names": ", ".join(sorted(unknown))}
            )
        self._rules = [
            (code, rule, places[rule.column] if rule.column else -1)
            for code, rule in mapping.fields.items()
        ]
        self._places = places

    def read(self, cells: Sequence[str]) -> dict[str, str]:
        """Return field code -> text of one row; empty texts are left out."""
        values: dict[str, str] = {}
        for code, rule, place in self._rules:
            if place >= 0:
                text = cells[place].strip() if place < len(cells) else ""
            elif rule.template:
                text = self._fill(rule.template, cells)
            else:
                text = rule.value
            if rule.replace:
                text = rule.replace.get(text, text)
            if not text and rule.value:
                text = rule.value
            if text:
                values[code] = text
        return values

    def _fill(self, template: str, cells: Sequence[str]) -> str:
        found = False

        def cell(match: re.Match[str]) -> str:
            nonlocal found
            place = self._places[match[1]]
            text = cells[place].strip() if place < len(cells) else ""
            found = found or bool(text)
            return slugify(text, allow_unicode=False) if match[2] else text

        filled = _PLACE.sub(cell, template)
        if not found:  # "Born {birthday}" of nobody's birthday says nothing
            return ""
        return " ".join(filled.split()).strip(" ·—-,")
