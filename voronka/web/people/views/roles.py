"""Roles and their matrix."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people import commands, queries, rules
from voronka.people.access import ACTIONS, RIGHTS, SCOPE_TITLES, Access
from voronka.people.models import Role
from voronka.people.requests import SignedInRequest
from voronka.pipelines.codes import code_from
from voronka.web.forms import refuse
from voronka.web.people import matrix
from voronka.web.people.forms import NamesMixin, local_text
from voronka.web.rights import needs_right


@require_GET
@needs_right("people")
def index(request: SignedInRequest) -> HttpResponse:
    """List the roles."""
    rows = [(role, matrix.effective(Access.of_role(role))) for role in queries.roles_with_numbers()]
    context = {"rows": rows, "actions": matrix.titles(), "tab": "roles"}
    return render(request, "people/roles.html", context)


@require_http_methods(["GET", "POST"])
@needs_right("people")
def edit(request: SignedInRequest, role_id: int | None = None) -> HttpResponse:
    """Show and save a role: names, matrix, settings rights."""
    role = get_object_or_404(Role, pk=role_id) if role_id else Role()
    form = NamesMixin(
        request.POST or None, initial={"name_ru": role.name.ru, "name_en": role.name.en}
    )
    typed: dict[str, dict[str, str]] = role.matrix
    rights: list[str] = role.rights
    masked = role.hides_contacts
    if request.method == "POST":
        typed, rights = _matrix(request), request.POST.getlist("rights")
        masked = request.POST.get("contacts") == "masked"
        if form.is_valid() and (saved := _save(request, role, form, typed, rights)):
            messages.success(request, _("The role is saved"))
            return redirect("people:role", saved.pk)
    tidy = typed if not form.errors else {}
    drawn = Access(0, None, everything=role.everything, matrix=tidy or role.matrix)
    context = {
        "role": role,
        "form": form,
        "rows": matrix.effective(drawn, typed),
        "actions": matrix.titles(),
        "scopes": [(scope.code, title) for scope, title in SCOPE_TITLES.items()],
        "rights": [(code, title, code in rights) for code, title in RIGHTS.items()],
        "masked": masked,
        "tab": "roles",
    }
    return render(request, "people/role.html", context, status=422 if form.errors else 200)


@require_POST
@needs_right("people")
def delete(request: SignedInRequest, role_id: int) -> HttpResponse:
    """Remove a role that nobody has."""
    commands.delete_role(role_id, by=Actor.user(request.user))
    messages.success(request, _("The role is deleted"))
    return redirect("people:roles")


def _save(
    request: SignedInRequest, role: Role, form: NamesMixin, typed: rules.Matrix, rights: list[str]
) -> Role | None:
    name = local_text(form.cleaned_data)
    taken = list(Role.objects.values_list("code", flat=True))
    changes: dict[str, Any] = {
        "code": role.code or code_from(name.en or name.ru, taken=taken, fallback="role"),
        "name": name,
        "matrix": typed,
        "rights": rights,
        "hides_contacts": request.POST.get("contacts") == "masked",
    }
    try:
        return commands.save_role(
            role.pk, by=Actor.user(request.user), everything=role.everything, **changes
        )
    except DomainError as error:
        refuse(form, error)
        return None


def _matrix(request: SignedInRequest) -> dict[str, dict[str, str]]:
    """Read the selects "key:action"; an empty choice leaves the decision to the row above."""
    typed: dict[str, dict[str, str]] = {}
    for name, code in request.POST.items():
        key, colon, action = name.rpartition(":")
        if colon and action in ACTIONS and isinstance(code, str) and code:
            typed.setdefault(key, {})[action] = code
    return typed
