"""Reads about people: lists, the tree of departments, keys, and why a person may see a card."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.kernel.prepared import Prepared
from voronka.kernel.stamps import stamp_beside
from voronka.people.access import SCOPE_TITLES, Scope
from voronka.people.errors import NoLongerHere
from voronka.people.fingerprints import fingerprint
from voronka.people.models import (
    Absence,
    ApiToken,
    Company,
    Department,
    Invitation,
    Role,
    User,
)

STATES = ("active", "invited", "dismissed")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of the list of people."""

    user: User  # with role and department
    state: str  # one of STATES
    away_until: datetime | None

    @property
    def away_through(self) -> datetime | None:
        """The last moment away: an absence of whole days ends at midnight of the next one."""
        return self.away_until - timedelta(seconds=1) if self.away_until else None


def people(*, state: str = "", text: str = "", role: str = "") -> list[PersonRow]:
    """Return people by name, with role, department and state. Two SQL queries.

    Args:
        state: one of STATES; "" for all.
        text: a part of the name, e-mail or phone.
        role: a role's code.
    """
    now = timezone.now()
    users = User.objects.select_related("role", "department").annotate(
        has_link=Exists(Invitation.objects.filter(user=OuterRef("pk"), used_at=None))
    )
    if text := text.strip():
        users = users.filter(
            Q(name__icontains=text) | Q(email__icontains=text) | Q(phone__icontains=text)
        )
    if role:
        users = users.filter(role__code=role)
    away = dict(
        Absence.objects.filter(starts_at__lte=now, ends_at__gt=now).values_list(
            "user_id", "ends_at"
        )
    )
    rows = [PersonRow(user, state_of(user), away.get(user.pk)) for user in users]
    return [row for row in rows if not state or row.state == state]


def head_of(user_id: int) -> User | None:
    """Return the head of sales of a person: the nearest working head above, never the person.

    Looks up the tree of departments; where nobody leads, whoever may control the team's work, then
    the owner of the CRM. None in a company of one. Three queries at most.
    """
    if (head := next(_heads_above(user_id), None)) is not None:
        return head
    others = User.objects.select_related("role").filter(is_active=True).exclude(pk=user_id)
    candidates = others.filter(Q(role__rights__contains="control") | Q(role__everything=True))
    return candidates.order_by("role__everything", "pk").first()


def head_above_head_of(user_id: int) -> User | None:
    """Return who is called when a person's head of sales does not help (RB-2): the rung above.

    The next head up the tree of departments, then the owner of the CRM; never another head of
    sales beside the first. None when the head is the owner already. Seven queries at most.
    """
    head = head_of(user_id)
    if head is None or (head.role is not None and head.role.everything):
        return None
    passed = {user_id, head.pk}
    higher = (one for pk in (user_id, head.pk) for one in _heads_above(pk) if one.pk not in passed)
    owners = User.objects.select_related("role").filter(is_active=True, role__everything=True)
    return next(higher, None) or owners.exclude(pk__in=passed).order_by("pk").first()


def _heads_above(user_id: int) -> Iterator[User]:
    """Working heads up the tree of departments, the nearest first, never the person."""
    rows = {d.pk: d for d in Department.objects.select_related("head__role")}
    place = User.objects.filter(pk=user_id).values_list("department_id", flat=True).first()
    seen: set[int] = set()
    while place is not None and place in rows and place not in seen:
        seen.add(place)
        head = rows[place].head
        if head is not None and head.is_active and head.pk != user_id:
            yield head
        place = rows[place].parent_id


def holders(right: str) -> list[User]:
    """Return the working people whose role has a settings right of `access.RIGHTS`. One query."""
    has = Q(role__everything=True) | Q(role__rights__contains=right)
    return list(User.objects.filter(has, is_active=True))


def state_of(user: User) -> str:
    """Return "active", "invited" (no password yet) or "dismissed"."""
    if not user.is_active:
        return "dismissed"
    return "active" if user.has_usable_password() else "invited"


@dataclass(slots=True)
class Branch:
    """A department in the tree, with its people and the departments below."""

    department: Department  # with head
    depth: int
    members: list[User] = field(default_factory=list)
    children: list[Branch] = field(default_factory=list)


def department_tree() -> list[Branch]:
    """Return the departments at the top, each with all below it and its people. Two queries."""
    nodes = {
        d.pk: Branch(d, 0) for d in Department.objects.select_related("head", "head__department")
    }
    for user in User.objects.filter(is_active=True, department__isnull=False):
        nodes[user.department_id or 0].members.append(user)
    top: list[Branch] = []
    for node in nodes.values():
        parent = node.department.parent_id
        (nodes[parent].children if parent else top).append(node)
    _number(top, 0)
    return top


def _number(branches: Iterable[Branch], depth: int) -> None:
    for branch in branches:
        branch.depth = depth
        _number(branch.children, depth + 1)


def flat(branches: Iterable[Branch]) -> list[Branch]:
    """Return a tree as a list from top to bottom, as an indented list shows it."""
    return [line for b in branches for line in (b, *flat(b.children))]


def roles_with_numbers() -> list[Role]:
    """Return roles in order, each with `holders`: how many working people have it."""
    working = Count("users", filter=Q(users__is_active=True))
    return list(Role.objects.annotate(holders=working).order_by("position", "pk"))


def company() -> Company:
    """Return the company, with the installation's defaults until it is named. One query."""
    saved = _COMPANY.first()
    return saved or Company(pk=1, language=settings.LANGUAGE_CODE[:2], time_zone=settings.TIME_ZONE)


def find_token(plain: str) -> ApiToken | None:
    """Return a good key by its text, with its person and role; None for any other. One query.

    What the key may is read each time. It brings the stamp of the set-up, as `setup_stamp`.
    """
    return _TOKEN.first(fingerprint(plain), timezone.now())


def require_working(user_id: int | None) -> int:
    """Refuse to give work to nobody, or to somebody who no longer works here. One query.

    Raises:
        NoLongerHere: with a sentence for the field "owner".
    """
    if user_id is None or _WORKING.first(user_id) is None:
        raise NoLongerHere
    return user_id


def people_by_ids(ids: Iterable[int]) -> dict[int, User]:
    """Return id -> person, those who have left included. One SQL query, none for no ids."""
    wanted = list(ids)
    return {user.pk: user for user in _BY_IDS.all(wanted)} if wanted else {}


_BY_IDS = Prepared(lambda ids: User.objects.filter(pk__among=ids), list, model=User)


def require_all_working(user_ids: Iterable[int]) -> None:
    """Do for several people what `require_working` does for one. One query.

    Raises:
        NoLongerHere: if that is so of any of them.
    """
    wanted = set(user_ids)
    if User.objects.filter(pk__in=wanted, is_active=True).count() < len(wanted):
        raise NoLongerHere


_WORKING = Prepared(
    lambda pk: User.objects.filter(pk=pk, is_active=True).only("pk").order_by(),
    int,
    model=User,
    steady=True,
)
_COMPANY = Prepared(lambda: Company.objects.filter(pk=1), model=Company, steady=True)
_TOKEN = Prepared(
    lambda digest, now: (
        ApiToken.objects.select_related("user__role")
        .filter(Q(expires_at=None) | Q(expires_at__gt=now), token_hash=digest)
        .filter(revoked_at=None, user__is_active=True)
        .annotate(setup_stamp=stamp_beside())
    ),
    str,
    datetime,
    model=ApiToken,
)


def tokens(user: User | None = None, *, open_only: bool = True) -> list[ApiToken]:
    """Return keys with their people, newest first. One query.

    Args:
        user: whose; everybody's when omitted.
        open_only: leave out revoked and expired ones.
    """
    keys = ApiToken.objects.select_related("user").order_by("-created_at")
    if user is not None:
        keys = keys.filter(user=user)
    if open_only:
        now = timezone.now()
        keys = keys.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
    return list(keys)


def find_invitation(token: str) -> Invitation | None:
    """Return a link that still works, with its person; None for any other."""
    return (
        Invitation.objects.select_related("user")
        .filter(token_hash=fingerprint(token), used_at=None)
        .filter(expires_at__gt=timezone.now(), user__is_active=True)
        .first()
    )


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to "why can they?": yes or no, and the reasons in order."""

    allowed: bool
    reasons: list[str]


def explain(
    user: User, action: str, kind: str, pipeline: str = "", *, owner_id: int | None
) -> Explanation:
    """Say in words why a person may or may not do `action` to a card of `owner_id` (AC-1).

    Args:
        kind: an item type's code, or "client".
        pipeline: a pipeline's code, if the card has one.
    """
    rights = user.access
    if not user.is_active:
        return Explanation(False, [_("The person is dismissed: a closed account sees nothing.")])
    if rights.everything:
        reason = _("The role “%(role)s” gives every right to everything.")
        return Explanation(True, [reason % {"role": user.role}])
    key, scope = rights.rule(action, kind, pipeline)
    reasons = [_deciding_row(user.role, key, scope)]
    if (seen := rights.scope(action, kind, pipeline)) < scope:
        names = {"scope": SCOPE_TITLES[seen]}
        reasons.append(
            _("What one may not see one may not touch: “see” gives “%(scope)s” only.") % names
        )
        scope = seen
    if key and scope not in (Scope.NONE, Scope.ALL):
        reasons.append(_position(user, scope, owner_id))
    return Explanation(rights.reaches(scope, owner_id), reasons)


def _deciding_row(role: Role, key: str, scope: Scope) -> str:
    names = {"role": role, "key": key, "scope": SCOPE_TITLES[scope]}
    if not key:
        return _(
            "The role “%(role)s” says nothing about this, and what is not given is refused."
        ) % (names)
    if key == "*":
        return _("The role “%(role)s” gives the scope “%(scope)s” for everything.") % names
    return _("The role “%(role)s” gives the scope “%(scope)s” in its row “%(key)s”.") % names


def _position(user: User, scope: Scope, owner_id: int | None) -> str:
    """Say where the owner of the card stands as seen from the person."""
    if owner_id is None:
        return _("Nobody is responsible for the card: only the scope “all” reaches it.")
    if owner_id == user.pk:
        return _("The card is their own.")
    owner = User.objects.select_related("department").get(pk=owner_id)
    names = {"owner": owner, "department": owner.department or _("no department")}
    if scope is Scope.OWN:
        return _("The card is %(owner)s's, and the scope reaches own cards only.") % names
    if owner.department_id is None:
        return _("The card is %(owner)s's, who is in no department.") % names
    if owner.department_id == user.department_id:
        return _("%(owner)s, who is responsible, is in the same department.") % names
    if not user.access.reaches(scope, owner_id):
        return _("%(owner)s, who is responsible, is elsewhere: in “%(department)s”.") % names
    return (
        _("%(owner)s, who is responsible, is in “%(department)s”, which is below or led by them.")
        % names
    )
