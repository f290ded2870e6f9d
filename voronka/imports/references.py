"""Names in files become rows of the base: people, companies, contacts, products, sources."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property

from django.conf import settings
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from voronka.clients import rules
from voronka.clients.commands.loading import ClientRow, load_clients
from voronka.clients.models import Client, ContactPoint
from voronka.imports.mapping import Rule
from voronka.journal.actors import Actor
from voronka.kernel import phones
from voronka.people.models import User
from voronka.pipelines.models import Source
from voronka.products.models import Product


class Unknown(Exception):
    """A name that leads nowhere; the sentence says what to do."""


class References:
    """Finds what rows name. Small tables are read once, clients per chunk by `prepare`."""

    def __init__(self, by: Actor) -> None:
        self.by = by
        self._clients: dict[tuple[str, str, str], int] = {}  # (kind, match, key) -> id
        self._several: set[tuple[str, str, str]] = set()

    @cached_property
    def _users(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for pk, name, email in User.objects.filter(is_active=True).values_list(
            "pk", "name", "email"
        ):
            found[" ".join(name.lower().split())] = pk
            found[email.lower()] = pk
        return found

    @cached_property
    def _products(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for product in Product.objects.filter(archived=False):
            for word in (product.code, product.name.ru, product.name.en):
                if word:
                    found.setdefault(word.lower(), product.pk)
        return found

    @cached_property
    def _sources(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for source in Source.objects.filter(archived=False):
            for word in (source.code, source.name.ru, source.name.en):
                if word:
                    found.setdefault(word.lower(), source.pk)
        return found

    def user(self, text: str) -> int:
        """Return the id of an employee named by name or e-mail.

        Raises:
            Unknown: nobody here has this name.
        """
        pk = self._users.get(" ".join(text.lower().split()))
        if pk is None:
            raise Unknown(
                _("Nobody here is called “%(name)s”. Add this person or replace the name.")
                % {"name": text[:80]}
            )
        return pk

    def product(self, text: str) -> int:
        """Return the id of a product named by code or name."""
        pk = self._products.get(text.lower())
        if pk is None:
            raise Unknown(
                _("The price list has no “%(name)s”. Add it or replace the name.")
                % {"name": text[:80]}
            )
        return pk

    def source(self, text: str) -> int:
        """Return the id of a source named by code or name."""
        pk = self._sources.get(text.lower())
        if pk is None:
            raise Unknown(
                _("There is no source “%(name)s”. Add it or replace the name.")
                % {"name": text[:80]}
            )
        return pk

    def prepare(self, kind: str, match: str, texts: Iterable[str]) -> None:
        """Look up the clients that a chunk names; one query."""
        keys = {k for t in texts if (k := _key(match, t))}
        keys = {k for k in keys if (kind, match, k) not in self._clients}
        if not keys:
            return
        for key, pk in _find(kind, match, keys):
            place = (kind, match, key)
            if place in self._clients and self._clients[place] != pk:
                self._several.add(place)
            self._clients.setdefault(place, pk)

    def client(self, kind: str, match: str, text: str) -> int | None:
        """Return the id of a prepared client; None when there is none.

        Raises:
            Unknown: several clients fit, so a person has to decide.
        """
        place = (kind, match, _key(match, text))
        if place in self._several:
            raise Unknown(
                _("Several clients fit “%(name)s”. Merge them or name one by its key.")
                % {"name": text[:80]}
            )
        return self._clients.get(place)

    def make_missing(self, kind: str, rule: Rule, texts: Iterable[str], *, owner_id: int) -> None:
        """Make the clients that `texts` name and that are not there yet, in bulk."""
        match = rule.match or "name"
        wanted = {
            key: text
            for text in texts
            if (key := _key(match, text)) and (kind, match, key) not in self._clients
        }
        rows = [
            ClientRow(
                kind=kind,
                name=" ".join(text.split())[:255],
                owner_id=owner_id,
                points=rules.points(
                    phones=[text] if match == "phone" else [],
                    emails=[text] if match == "email" else [],
                    country=settings.COUNTRY,
                ).read,
                website=text if match == "website" else "",
                external_id=text if match == "external_id" else "",
            )
            for text in wanted.values()
        ]
        ids = load_clients(rows, by=self.by)
        self._clients |= {(kind, match, key): pk for key, pk in zip(wanted, ids, strict=True)}

    def remember(self, kind: str, match: str, text: str, pk: int) -> None:
        """Let later rows find a client that this import has just made."""
        if key := _key(match, text):
            self._clients.setdefault((kind, match, key), pk)


def _key(match: str, text: str) -> str:
    """Return the comparable form of a name, phone, e-mail, site or key."""
    if match == "phone":
        phone = phones.parse(text, country=settings.COUNTRY)
        return phone.e164 if phone else ""
    if match == "website":
        return text.lower().split("://")[-1].removeprefix("www.").strip("/")
    if match in ("external_id", "inn"):
        return text.strip()
    return " ".join(text.lower().split())


def _find(kind: str, match: str, keys: set[str]) -> list[tuple[str, int]]:
    clients = Client.objects.alive().filter(kind=kind)
    if match in ("phone", "email"):
        return owners_of(match, keys, kind=kind)
    if match == "website":
        sites = {form for key in keys for form in _site_forms(key)}
        found = clients.annotate(low=Lower("website")).filter(low__in=sites)
        return [(_key("website", site), pk) for site, pk in found.values_list("website", "pk")]
    if match in ("external_id", "inn"):
        return list(clients.filter(**{f"{match}__in": keys}).values_list(match, "pk"))
    named = clients.annotate(low=Lower("name")).filter(low__in=keys)
    return [(_key("name", name), pk) for name, pk in named.values_list("name", "pk")]


def owners_of(point: str, values: Collection[str], *, kind: str) -> list[tuple[str, int]]:
    """Return (value, client id) of the living clients who have one of these phones or e-mails.

    Asked in two steps, each by its index: in a young base, without statistics, PostgreSQL would
    walk through all clients to answer both at once. One query when nobody has one, else two.

    Args:
        point: "phone" or "email".
        kind: of clients.
    """
    points = ContactPoint.objects.filter(kind=point, value__in=values)
    found = list(points.values_list("value", "client_id"))
    if not found:
        return []
    known = Client.objects.alive().filter(kind=kind, pk__in={pk for _value, pk in found})
    alive = set(known.values_list("pk", flat=True))
    return [(value, pk) for value, pk in found if pk in alive]


def _site_forms(key: str) -> list[str]:
    return [
        f"{scheme}{www}{key}{end}"
        for scheme in ("", "http://", "https://")
        for www in ("", "www.")
        for end in ("", "/")
    ]
