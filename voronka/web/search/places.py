"""Where one can go and what one can begin, found by a piece of its name in either language.

Everything in the rail is here by itself. What a page can begin without being open (a new card, a
new client) stands in `_DEEDS`; an entry that leads nowhere or lacks the right is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from voronka.kernel import fragments
from voronka.people.models import User
from voronka.pipelines.models import Pipeline
from voronka.search import rules
from voronka.search.queries import Reason
from voronka.web.addresses import address
from voronka.web.frame import navigation


@dataclass(frozen=True, slots=True)
class Place:
    """A page to open, or something to begin in a dialog."""

    title: str
    icon: str
    url: str
    also: str = ""  # other words it is found by: its name in the other language
    hint: str = ""
    dialog: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class PlaceHit:
    """A place that fits what was typed, with the part that matched."""

    place: Place
    reason: Reason
    level: int


_DEEDS: tuple[tuple[Promise, str, str, str], ...] = (  # title, icon, URL name, right
    (gettext_lazy("New client"), "user-plus", "clients:new", "add client"),
    (gettext_lazy("Import a file"), "file-import", "imports:new", "import client"),
)
_PAGES: tuple[tuple[Promise, str, str, str], ...] = (
    (gettext_lazy("Doubles of clients"), "git-merge", "clients:duplicates", "see client"),
    (gettext_lazy("Merges of clients"), "history", "clients:merges", "see client"),
    (gettext_lazy("Your profile"), "user-circle", "account:profile", ""),
    (gettext_lazy("Keys of programs"), "key", "tokens:index", ""),
    (gettext_lazy("Invite a colleague"), "user-plus", "people:invite", "people"),
    (gettext_lazy("Roles and rights"), "shield", "people:roles", "people"),
    (gettext_lazy("Working hours and holidays"), "calendar-month", "people:calendars", "people"),
)
_IN_DIALOG = ("clients:new",)


def find_places(user: User, text: str, *, limit: int = 6) -> list[PlaceHit]:
    """Return the places that hold all typed words, best first. Two SQL queries, for the funnels."""
    typed = text.strip()[: rules.LONGEST]
    query = fragments.read(typed)
    if not query or rules.phone_piece(typed) is not None:  # no place is called by figures
        return []
    hits = []
    for number, place in enumerate(places(user)):
        level, span = rules.closeness(place.title, query)
        if place.also and level > rules.FOLDED:
            elsewhere = rules.closeness(place.also, query)[0]
            if elsewhere <= rules.WORD:  # inside a foreign word it would be chance
                level, span = elsewhere, None
        if level <= rules.FOLDED:
            hits.append((level, number, PlaceHit(place, _reason(place.title, span), level)))
    return [hit for _level, _number, hit in sorted(hits, key=lambda h: h[:2])[:limit]]


def first_places(user: User, *, limit: int = 8) -> list[Place]:
    """Return what the palette offers before anything is typed: deeds first, then the rail.

    Of the funnels only the first of each item type: the others are found by their names.
    """
    first: dict[str, Place] = {}
    for place in places(user):
        first.setdefault(place.title, place)
    return list(first.values())[:limit]


def places(user: User) -> Iterator[Place]:
    """Return all that this person may begin or open."""
    for title, icon, url_name, right in _DEEDS:
        if place := _place(user, title, icon, url_name, right):
            yield place
    yield from _new_cards(user)
    yield from _rail(user)
    for title, icon, url_name, right in _PAGES:
        if place := _place(user, title, icon, url_name, right):
            yield place


def _place(user: User, title: Promise, icon: str, url_name: str, right: str) -> Place | None:
    url = address(url_name)
    if not url or not navigation.allowed(user, right):
        return None
    return Place(str(title), icon, url, also=_elsewhere(title), dialog=url_name in _IN_DIALOG)


def _new_cards(user: User) -> Iterator[Place]:
    """A new card in each funnel to which the person may add."""
    access, url = user.access, address("card:new")
    rows = Pipeline.objects.filter(archived=False).select_related("item_type")
    for pipeline in rows.order_by("item_type__position", "item_type_id", "position"):
        kind = pipeline.item_type
        if access.may("add", kind.code, pipeline.code, owner_id=user.pk):
            names = {"kind": kind.name, "funnel": pipeline.name}
            yield Place(
                _("New: %(kind)s") % names,
                "plus",
                f"{url}?pipeline={pipeline.pk}",
                also=" ".join((*kind.name.as_dict().values(), *pipeline.name.as_dict().values())),
                hint=str(pipeline.name),
                dialog=True,
            )


def _rail(user: User) -> Iterator[Place]:
    other = _rail_elsewhere(user)
    for link in navigation.rail(user, ""):
        if not link.children or link.url not in {child.url for child in link.children}:
            yield Place(link.title, link.icon, link.url, also=other.get(link.url, ""), key=link.key)
        for child in link.children:
            icon = child.icon or link.icon
            yield Place(
                child.title, icon, child.url, also=other.get(child.url, ""), hint=link.title
            )


def _rail_elsewhere(user: User) -> dict[str, str]:
    """Return url -> title of the rail in the other languages."""
    titles: dict[str, str] = {}
    with override(_other_language(user)):
        for link in navigation.rail(user, ""):
            titles[link.url] = link.title
            titles |= {child.url: child.title for child in link.children}
    return titles


def _elsewhere(title: Promise) -> str:
    words = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            words.append(str(title))
    return " ".join(words)


def _other_language(user: User) -> str:
    return next(code for code, _name in settings.LANGUAGES if code != user.language)


def _reason(title: str, span: tuple[int, int] | None) -> Reason:
    return Reason("place", title, *(span or (0, 0)))
