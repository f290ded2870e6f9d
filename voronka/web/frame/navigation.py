"""The rail: where one can go. An entry that leads nowhere for this person is left out.

A page that wants a place in the rail adds an `Entry` here; until its URL name exists, or when the
person's role lacks the right, the entry is not drawn, so nothing in the rail is ever dead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voronka.kernel.prepared import Prepared
from voronka.people.models import User
from voronka.pipelines.models import Pipeline


@dataclass(frozen=True, slots=True)
class Entry:
    """A place of the interface.

    Args:
        url_name: as in urls.py, e.g. "board:index"; it must need no arguments.
        right: a settings right of people.access.RIGHTS, or an action and a kind of the matrix
            ("see client"); empty: for everybody.
        phone: whether it stands in the bottom bar of phones (five places at most).
        key: keys that open it from anywhere, e.g. "g d".
    """

    title: str | Promise
    icon: str
    url_name: str
    right: str = ""
    phone: bool = False
    key: str = ""
    children: tuple[Entry, ...] = ()


ENTRIES: tuple[Entry, ...] = (
    Entry(_("My day"), "sun-high", "my_day:index", phone=True, key="g d"),
    Entry(_("Pipelines"), "layout-kanban", "board:index", phone=True, key="g b"),
    Entry(_("Clients"), "address-book", "clients:index", "see client", phone=True, key="g c"),
    Entry(_("Analytics"), "chart-bar", "report:index", "reports", phone=True, key="g a"),
    Entry(_("Imports"), "file-import", "imports:index", "import client", key="g i"),
    Entry(
        _("Set-up"),
        "settings",
        "",
        children=(
            Entry(_("Funnels and stages"), "layout-kanban", "editor:index", "setup"),
            Entry(_("Fields"), "forms", "field_setup:index", "setup"),
            Entry(_("Sources"), "route", "sources:index", "setup"),
            Entry(_("Loss reasons"), "thumb-down", "loss_reasons:index", "setup"),
            Entry(_("Price list"), "package", "products:index", "setup"),
            Entry(_("Blueprint"), "file-text", "blueprint:index", "setup"),
            Entry(_("People and roles"), "users", "people:index", "people"),
            Entry(_("Company"), "building", "company:index", "setup"),
            Entry(_("Audit journal"), "history", "audit:index", "audit"),
            Entry(_("Recycle bin"), "trash", "recycle:index", "recycle"),
        ),
    ),
)


@dataclass(slots=True)
class Link:
    """An entry as drawn: with its address, and whether it is where the person is now."""

    title: str
    icon: str
    url: str
    current: bool = False
    key: str = ""
    phone: bool = False
    group: str = ""  # a small heading before this link, when it differs from the one before
    color: str = ""
    children: list[Link] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether the sub-entries are unfolded."""
        return self.current or any(child.current for child in self.children)


def rail(user: User, path: str) -> list[Link]:
    """Return the links this person may follow, in order. One SQL query, for the pipelines."""
    links = list(_links(ENTRIES, user, path))
    for link in links:
        if link.url and link.url == address("board:index"):
            link.children = pipelines(user, path)
            link.current = link.current and not link.children
    return links


def pipelines(user: User, path: str) -> list[Link]:
    """Return the boards of the pipelines this person sees, grouped by item type."""
    if not _boards_exist():
        return []
    links: list[Link] = []
    for pipeline in _PIPELINES.all():
        if not user.access.scope("see", pipeline.item_type.code, pipeline.code):
            continue
        url = reverse("board:pipeline", args=[pipeline.pk])
        places = (url, reverse("list:pipeline", args=[pipeline.pk]))
        title, group = str(pipeline.name), str(pipeline.item_type.plural)
        links.append(Link(title, "", url, path.startswith(places), group=group))
    return links


_PIPELINES = Prepared(
    lambda: (
        Pipeline.objects.select_related("item_type")
        .filter(archived=False)
        .order_by("item_type__position", "item_type_id", "position", "id")
    ),
    model=Pipeline,
)


def address(url_name: str) -> str:
    """Return the path of a URL name, or an empty string while no such page exists."""
    return _address(url_name)


@cache
def _address(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


@cache
def _boards_exist() -> bool:
    try:
        return bool(reverse("board:pipeline", args=[1]))
    except NoReverseMatch:
        return False


def _links(entries: tuple[Entry, ...], user: User, path: str) -> Iterator[Link]:
    for entry in entries:
        if not allowed(user, entry.right):
            continue
        url = address(entry.url_name) if entry.url_name else ""
        children = list(_links(entry.children, user, path))
        if url or children:
            yield Link(
                str(entry.title),
                entry.icon,
                url or children[0].url,
                bool(url) and (path == url or (url != "/" and path.startswith(url))),
                entry.key,
                entry.phone,
                children=children,
            )


def allowed(user: User, right: str) -> bool:
    """Whether the role has a right as an `Entry` names it."""
    if not right:
        return True
    action, _sep, kind = right.partition(" ")
    if kind:
        return bool(user.access.scope(action, kind))
    return user.access.has(right)
