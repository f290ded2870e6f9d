"""Rows that become employees with their departments; nobody can log in until invited."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from voronka.imports.mapping import Cells, Mapping, Rule
from voronka.imports.planners.base import Planned, SourceRow, Verdict
from voronka.imports.repairing import Repairs
from voronka.journal.actors import Actor
from voronka.kernel import phones
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.kernel.texts import LocalText
from voronka.people.commands import change_user, create_user, save_department
from voronka.people.commands.accounts import AccountChanges
from voronka.people.models import Department, Role, User

_CODES = ("name", "email", "phone", "role", "department", "head")


class EmployeePlanner:
    """Plans employees, recognised by e-mail. `head` names who leads the row's department."""

    journal_type = User.journal_type

    def __init__(self, mapping: Mapping, headers: list[str], *, by: Actor) -> None:
        self.mapping, self.by = mapping, by
        self.cells = Cells(mapping, headers)
        self.repairs = Repairs(mapping)
        self._roles = {r.code: r for r in Role.objects.all()}
        self._seen: dict[str, int] = {}
        self.done: dict[int, int] = {}
        if wrong := mapping.fields.keys() - set(_CODES):
            raise InvalidInput(
                _("Employees have no such field: %(names)s.") % {"names": ", ".join(sorted(wrong))}
            )

    def plan(self, rows: list[SourceRow]) -> list[Planned]:
        """Give each row a verdict. Two queries."""
        read = [self.cells.read(row.cells) for row in rows]
        told = [self.repairs.apply(values) for values in read]
        emails = [v["email"].lower() for v in read if "email" in v]
        found = User.objects.select_related("role").filter(email__in=emails)
        known = {user.email.lower(): user for user in found}
        departments = self._departments()
        planned = [self._plan(r, v, known, departments) for r, v in zip(rows, read, strict=True)]
        for plan, sentences in zip(planned, told, strict=True):
            plan.tell(sentences)
        return planned

    def _plan(
        self,
        row: SourceRow,
        values: dict[str, str],
        known: dict[str, User],
        departments: dict[str, Department],
    ) -> Planned:
        planned = Planned(row, Verdict.NEW)
        if not any(cell.strip() for cell in row.cells):
            planned.verdict = Verdict.EMPTY
            return planned
        for code in ("name", "email"):
            if code not in values:
                planned.fix(code, _("An employee needs a name and an e-mail."))
        role = values.get("role", "manager")
        if role not in self._roles:
            planned.fix("role", _("There is no role “%(code)s”.") % {"code": role[:40]})
        rule = self.mapping.fields.get("department") or Rule()
        named = values.get("department", "")
        if named and named.lower() not in departments and rule.missing != "create":
            planned.fix(
                "department", _("There is no department “%(name)s”.") % {"name": named[:80]}
            )
        if planned.verdict == Verdict.FIX:
            return planned
        email = values["email"].lower()
        user = known.get(email)
        if first := self._seen.get(email) or self.done.get(user.pk if user else 0):
            planned.double("email", first)
            return planned
        self._seen[email] = row.number
        planned.payload = dict(values)
        if values.get("head", "").lower() == values["name"].lower() and named:
            planned.payload["leads"] = named
        if user is not None:
            planned.object_id = user.pk
            planned.payload = self._taken(user, planned.payload, departments)
            planned.verdict = Verdict.UPDATE if planned.payload else Verdict.SAME
        return planned

    def _taken(
        self, user: User, values: dict[str, str], departments: dict[str, Department]
    ) -> dict[str, str]:
        """Return what differs from the account and is to be taken, field by field."""
        named = departments.get(values.get("department", "").lower())
        phone = phones.parse(values.get("phone", ""), country=settings.COUNTRY)
        stand: dict[str, tuple[Any, Any]] = {
            "name": (user.name, values.get("name")),
            "phone": (user.phone, phone.e164 if phone else values.get("phone")),
            "role": (user.role.code, values.get("role")),
            "department": (user.department_id, named.pk if named else values.get("department")),
        }
        taken = {
            code: values[code]
            for code, (old, new) in stand.items()
            if new and old != new and self.mapping.takes(code, filled=bool(old))
        }
        led = named.head_id if named else None
        if "leads" in values and led != user.pk and self.mapping.takes("head", filled=bool(led)):
            taken["leads"] = values["leads"]
        return taken

    def write(self, planned: list[Planned]) -> None:
        """Open or change each account by its own command; departments are made on the way."""
        departments = self._departments()
        for plan in planned:
            if plan.verdict not in (Verdict.NEW, Verdict.UPDATE):
                continue
            values: dict[str, str] = plan.payload
            try:
                department = self._department(values.get("department", ""), departments)
                leads = self._department(values.get("leads", ""), departments)
                with transaction.atomic():
                    if plan.verdict == Verdict.UPDATE:
                        self._change(plan, values, department)
                    else:
                        self._open(plan, values, department)
                    if leads is not None:
                        self._lead(leads, plan.object_id or 0)
            except DomainError as refusal:
                plan.before = None
                plan.refuse(refusal)

    def _open(self, plan: Planned, values: dict[str, str], department: Department | None) -> None:
        user = create_user(
            values["email"].lower(),
            role=self._roles[values.get("role", "manager")],
            by=self.by,
            name=values["name"],
            phone=values.get("phone", ""),
            department=department,
        )
        plan.object_id, plan.made = user.pk, True

    def _change(self, plan: Planned, values: dict[str, str], department: Department | None) -> None:
        changes: AccountChanges = {}
        if "name" in values:
            changes["name"] = values["name"]
        if "phone" in values:
            changes["phone"] = values["phone"]
        if "role" in values:
            changes["role"] = self._roles[values["role"]]
        if "department" in values:
            changes["department"] = department
        user = User.objects.get(pk=plan.object_id or 0)
        plan.before = {code: _stored(user, code) for code in changes}
        change_user(user.pk, by=self.by, **changes)

    def _departments(self) -> dict[str, Department]:
        found: dict[str, Department] = {}
        for department in Department.objects.all():
            for word in (department.code, department.name.ru, department.name.en):
                if word:
                    found.setdefault(word.lower(), department)
        return found

    def _department(self, named: str, known: dict[str, Department]) -> Department | None:
        if not named:
            return None
        if named.lower() not in known:
            code = slugify(named)[:40] or f"department-{len(known) + 1}"
            made = save_department(code=code, name=LocalText.of(named), by=self.by)
            known[named.lower()] = made
        return known[named.lower()]

    def _lead(self, department: Department, user_id: int) -> None:
        save_department(
            department.pk,
            code=department.code,
            name=department.name,
            parent=department.parent,
            head=User.objects.get(pk=user_id),
            by=self.by,
        )


def _stored(user: User, code: str) -> str | int | None:
    """Return what an account has now, as the row of an import keeps it for the way back."""
    kept = {"role": user.role_id, "department": user.department_id}
    return kept[code] if code in kept else str(getattr(user, code))
