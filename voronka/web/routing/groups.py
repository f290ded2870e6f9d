"""Groups of distribution with their people, and the cards for which nobody fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.journal.actors import Actor
from voronka.kernel.conditions import FactSpec
from voronka.kernel.errors import DomainError
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.routing import commands
from voronka.routing.commands import DistributionSpec, MemberSpec
from voronka.routing.facts import fact_specs
from voronka.routing.models import Distribution, Member
from voronka.routing.queries import count_unplaced, distributions, unplaced
from voronka.web.forms import refuse
from voronka.web.rights import needs_right
from voronka.web.routing.forms import GroupForm
from voronka.web.routing.words import VERDICTS
from voronka.web.toasts import toast

SKILLS: dict[str, tuple[str, Promise]] = {  # name in the form -> fact with its values, title
    "sources": ("source", gettext_lazy("Sources")),
    "grades": ("grade", gettext_lazy("Grades")),
    "products": ("product", gettext_lazy("Products and groups")),
}


class Option(NamedTuple):
    """A source, grade or product that somebody may take."""

    code: str
    title: str
    chosen: bool


Skills = list[tuple[str, Promise, list[Option]]]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be in the group, as the form shows them."""

    user: User
    chosen: bool
    capacity: str
    member: Member | None  # what is kept of them besides
    skills: Skills

    @property
    def limits(self) -> str:
        """What they take, when it is not everything."""
        return ", ".join(o.title for _n, _t, options in self.skills for o in options if o.chosen)


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """List the groups with their people; for htmx only the list."""
    context = {
        "rows": distributions(),
        "archived": distributions(archived=True),
        "waiting": count_unplaced(request.user),
    }
    in_place = request.htmx.target == "groups"
    return render(request, "routing/_groups.html" if in_place else "routing/groups.html", context)


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def edit(request: SignedInRequest, group_id: int = 0) -> HttpResponse:
    """Show a group and its people, and save it."""
    rows = {row.distribution.pk: row for row in [*distributions(), *distributions(archived=True)]}
    known = rows.get(group_id)
    if group_id and known is None:
        raise Http404
    group = known.distribution if known else None
    kept = {member.user_id: member for member in known.members} if known else {}
    posted = request.method == "POST"
    form = GroupForm(request.POST if posted else None, initial=_initial(group, request.user))
    if posted and form.is_valid():
        data = form.cleaned_data
        spec = DistributionSpec(members=_members(request.POST, kept), duty_id=data.pop("duty"),
                                **data)  # fmt: skip
        by = Actor.user(request.user)
        try:
            saved = commands.save_distribution(spec, by=by, distribution_id=group_id or None)
        except DomainError as error:
            refuse(form, error)
        else:
            if not request.POST.get("in_slider"):
                return HttpResponse(status=204, headers={"HX-Redirect": reverse("routing:groups")})
            response = _changed(_("Saved: %(name)s") % {"name": saved})
            return trigger_client_event(response, "slider:close", {})
    context = {"form": form, "group": group, "people": _people(request.POST, kept, posted=posted)}
    template = "routing/_group.html" if posted else "routing/group.html"
    return render(request, template, context, status=422 if posted else 200)


def _initial(group: Distribution | None, user: User) -> dict[str, object]:
    if group is None:
        return {"duty": user.pk}
    names = ("name", "strategy", "sticky", "after_hours", "capacity")
    return {"duty": group.duty_id, **{name: getattr(group, name) for name in names}}


def _people(data: QueryDict, kept: dict[int, Member], *, posted: bool) -> list[Person]:
    """Return those in the group in their order, then everybody else who works here."""
    working = {user.pk: user for user in User.objects.filter(is_active=True)}
    typed = set(data.getlist("member"))
    order = [*(pk for pk in kept if pk in working), *(pk for pk in working if pk not in kept)]
    people = []
    facts = fact_specs()
    for pk in order:
        member = kept.get(pk)
        skills = [
            (name, title, _options(facts[fact], _taken(data, name, pk, member)))
            for name, (fact, title) in SKILLS.items()
        ]
        if posted:
            chosen, capacity = str(pk) in typed, data.get(f"capacity-{pk}", "")
        else:
            chosen = member is not None
            capacity = str(member.capacity) if member and member.capacity is not None else ""
        people.append(Person(working[pk], chosen, capacity, member, skills))
    return people


def _taken(data: QueryDict, name: str, pk: int, member: Member | None) -> list[str]:
    """Return what somebody takes, by the form where it asks; empty: everything."""
    if f"skills-{pk}" in data:
        return data.getlist(f"{name}-{pk}")[:500]
    return list(getattr(member, name)) if member else []


def _options(fact: FactSpec, chosen: list[str]) -> list[Option]:
    """Return what can be chosen; what was chosen and is in the archive stays in sight."""
    known = {code: str(title) for code, title in fact.options.items()}
    return [
        Option(code, title, code in chosen)
        for code, title in [*known.items(), *((c, c) for c in chosen if c not in known)]
    ]


def _members(data: QueryDict, kept: dict[int, Member]) -> list[MemberSpec]:
    """Read who is in the group, with what they take of sources, grades and products."""
    specs = []
    for text in data.getlist("member")[:500]:
        if not text.isdecimal() or len(text) > 18:
            continue
        member, limit = kept.get(int(text)), data.get(f"capacity-{text}", "").strip()
        specs.append(
            MemberSpec(
                int(text),
                active=member.active if member else True,
                capacity=min(int(limit), 100_000) if limit.isdecimal() else None,
                **{name: _taken(data, name, int(text), member) for name in SKILLS},
            )
        )
    return specs


@require_POST
@needs_right("setup")
def archive(request: SignedInRequest, group_id: int) -> HttpResponse:
    """Give out no more cards by a group; saving it again brings it back."""
    group = commands.archive_distribution(group_id, by=Actor.user(request.user))
    return _changed(_("In the archive: %(name)s. Rows that name it are passed over.") % {
        "name": group
    })  # fmt: skip


@require_GET
@needs_right("setup")
def waiting(request: SignedInRequest) -> HttpResponse:
    """List the cards for which nobody fitted and whom nobody has seen to."""
    after = request.GET.get("after", "")
    before = int(after) if after.isdecimal() and len(after) < 19 else None
    rows = unplaced(request.user, before=before, limit=51)
    more, rows = len(rows) > 50, rows[:50]
    ids = {int(pk) for row in rows for pk in row.verdicts if str(pk).isdecimal()}
    names = {str(u.pk): u for u in User.objects.filter(pk__in=ids)}
    told = [
        (row, [(names[pk], VERDICTS.get(why, why)) for pk, why in row.verdicts.items()
               if pk in names])
        for row in rows
    ]  # fmt: skip
    context = {
        "rows": told,
        "after": rows[-1].pk if more else None,
        "waiting": count_unplaced(request.user),
    }
    in_place = request.htmx.target == "unplaced"
    name = "routing/_unplaced.html" if in_place else "routing/unplaced.html"
    return render(request, name, context)


def _changed(said: str) -> HttpResponse:
    response = toast(HttpResponse(status=204), said)
    return trigger_client_event(response, "routing:changed", {})
