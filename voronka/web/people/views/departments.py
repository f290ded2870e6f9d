"""The tree of departments."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people import commands, queries
from voronka.people.models import Department, User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.codes import code_from
from voronka.web.forms import refuse
from voronka.web.people.forms import DepartmentForm, local_text
from voronka.web.rights import needs_right


@require_GET
@needs_right("people")
def index(request: SignedInRequest) -> HttpResponse:
    """Show the tree with heads and people."""
    loose = User.objects.filter(is_active=True, department=None)
    context = {"branches": queries.department_tree(), "loose": loose, "tab": "departments"}
    return render(request, "people/departments.html", context)


@require_http_methods(["GET", "POST"])
@needs_right("people")
def edit(request: SignedInRequest, department_id: int | None = None) -> HttpResponse:
    """Create, change and move a department, in a dialog."""
    row = get_object_or_404(Department, pk=department_id) if department_id else Department()
    initial = {
        "name_ru": row.name.ru,
        "name_en": row.name.en,
        "parent": row.parent_id or request.GET.get("inside"),
        "head": row.head_id,
    }
    form = DepartmentForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        name = local_text(data)
        taken = list(Department.objects.values_list("code", flat=True))
        try:
            commands.save_department(
                row.pk,
                code=row.code or code_from(name.en or name.ru, taken=taken, fallback="department"),
                name=name,
                parent=Department.objects.filter(pk=data["parent"]).first(),
                head=User.objects.filter(pk=data["head"]).first(),
                by=Actor.user(request.user),
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The department is saved"))
            return _to_the_tree()
    status = 422 if form.errors else 200
    context = {"form": form, "department": row}
    return render(request, "people/_department.html", context, status=status)


@require_POST
@needs_right("people")
def delete(request: SignedInRequest, department_id: int) -> HttpResponse:
    """Remove an empty department."""
    commands.delete_department(department_id, by=Actor.user(request.user))
    messages.success(request, _("The department is deleted"))
    return _to_the_tree()


def _to_the_tree() -> HttpResponse:
    """Load the tree anew; htmx follows this header with a whole page."""
    response = redirect("people:departments")
    return HttpResponse(status=204, headers={"HX-Redirect": response["Location"]})
