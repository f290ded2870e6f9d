"""The rail: where one can go. An entry that leads nowhere for this person is left out.

A page that wants a place in the rail adds an `Entry` here; until its URL name exists, or when the
person's role lacks the right, the entry is not drawn, so nothing in the rail is ever dead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voronka.people.models import User
from voronka.pipelines.models import Pipeline
from voronka.pipelines.queries import live_pipelines
from voronka.web.addresses import address as address_of
from voronka.web.addresses import path_of


@dataclass(frozen=True, slots=True)
class Entry:
    """A place of the interface.

    Args:
        url_name: as in urls.py, e.g. "board:index"; it must need no arguments.
        right: a settings right of people.access.RIGHTS, or an action and a kind of the matrix
            ("see client"); empty: for everybody.
        phone: whether it stands in the bottom bar of phones (five places at most).
        key: keys that open it from anywhere, e.g. "g d".
        counts: what its counter counts, a field of timeline's `Waiting`; empty: it has none.
    """

    title: str | Promise
    icon: str
    url_name: str
    right: str = ""
    phone: bool = False
    key: str = ""
    counts: str = ""
    children: tuple[Entry, ...] = ()


ENTRIES: tuple[Entry, ...] = (
    Entry(_("My day"), "sun-high", "my_day:index", phone=True, key="g d", counts="overdue"),
    Entry(_("Inbox"), "messages", "inbox:index", phone=True, key="g m", counts="talks"),
    Entry(_("Funnels"), "layout-kanban", "board:index", phone=True, key="g b"),
    Entry(_("Clients"), "address-book", "clients:index", "see client", phone=True, key="g c"),
    Entry(_("Analytics"), "chart-bar", "report:index", "reports", phone=True, key="g a"),
    Entry(_("Verdicts"), "gavel", "verdicts:index", "control", key="g v"),
    Entry(_("Imports"), "file-import", "imports:index", "import client", key="g i"),
    Entry(
        _("Set-up"),
        "settings",
        "",
        children=(
            Entry(_("Funnels and stages"), "layout-kanban", "editor:index", "setup"),
            Entry(_("Fields"), "forms", "field_setup:index", "setup"),
            Entry(_("Robots"), "robot", "robots:index", "setup"),
            Entry(_("Map of funnels"), "sitemap", "funnel_map:index", "setup"),
            Entry(_("Channels"), "plug-connected", "channels:index", "setup"),
            Entry(_("Site forms"), "world-www", "forms:index", "setup"),
            Entry(_("Received enquiries"), "list-details", "ledger:index", "control"),
            Entry(_("Distribution"), "users-group", "routing:index", "setup"),
            Entry(_("Exclusions"), "ban", "exclusions:index", "control"),
            Entry(_("Message templates"), "template", "templates:index", "setup"),
            Entry(_("Notices"), "bell", "notifications:company", "setup"),
            Entry(_("Webhooks"), "webhook", "webhooks:index", "setup"),
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

_FUNNELS = "live_funnels"  # of a request


@dataclass(frozen=True, slots=True)
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
    counts: str = ""
    children: tuple[Link, ...] = ()

    @property
    def open(self) -> bool:
        """Whether the sub-entries are unfolded."""
        return self.current or any(child.current for child in self.children)


def rail(user: User, path: str, live: list[Pipeline] | None = None) -> list[Link]:
    """Return the links this person may follow, in order.

    Args:
        live: the funnels in use, where they are known; else one SQL query reads them.
    """
    boards = address("board:index")
    links = []
    for link in _links(ENTRIES, user, path):
        if link.url and link.url == boards:
            children = tuple(pipelines(user, path, live))
            current = link.current and not children
            links.append(replace(link, children=children, current=current))
        else:
            links.append(link)
    return links


def funnels(request: HttpRequest) -> list[Pipeline]:
    """Return the funnels in use with their types. One SQL query in a request, however often asked.

    For pages that show them: what a request changes must be changed before it asks.
    """
    known: list[Pipeline] | None = getattr(request, _FUNNELS, None)
    if known is None:
        known = live_pipelines()
        setattr(request, _FUNNELS, known)
    return known


def pipelines(user: User, path: str, live: list[Pipeline] | None = None) -> list[Link]:
    """Return the boards of the pipelines this person sees, grouped by item type; see `rail`."""
    if not address_of("board:pipeline", 0):
        return []
    links: list[Link] = []
    for pipeline in live_pipelines() if live is None else live:
        if not user.access.scope("see", pipeline.item_type.code, pipeline.code):
            continue
        url = path_of("board:pipeline", pipeline.pk)
        places = (url, path_of("list:pipeline", pipeline.pk))
        title, group = str(pipeline.name), str(pipeline.item_type.plural)
        links.append(Link(title, "", url, path.startswith(places), group=group))
    return links


def address(url_name: str) -> str:
    """Return the path of a URL name, or an empty string while no such page exists."""
    return address_of(url_name)


def _links(entries: tuple[Entry, ...], user: User, path: str) -> Iterator[Link]:
    for entry in entries:
        if not allowed(user, entry.right):
            continue
        url = address(entry.url_name) if entry.url_name else ""
        children = tuple(_links(entry.children, user, path))
        if url or children:
            yield Link(
                str(entry.title),
                entry.icon,
                url or children[0].url,
                bool(url) and (path == url or (url != "/" and path.startswith(url))),
                entry.key,
                entry.phone,
                counts=entry.counts,
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
