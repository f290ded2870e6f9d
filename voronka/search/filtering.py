"""The text of a filter of cards: by what a card holds, not by how well it fits."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q, QuerySet

from voronka.clients.models import NAME_FRAGMENTS, VALUE_FRAGMENTS, Client, ContactPoint
from voronka.items.models import Item
from voronka.kernel import fragments
from voronka.kernel.fragments import Holds
from voronka.people.models import User
from voronka.search import rules
from voronka.search.models import CardText
from voronka.search.queries import stems


def cards_with(text: str, user: User) -> Q:
    """Return the condition of cards that hold a text in the title, key, number or client.

    Clients count by name, taxpayer number and contact points, if `user` may see them. The words
    are understood as in the search: any fragment, both scripts and layouts. One SQL query for
    the stems; the rest is part of the query that the condition goes into.
    """
    number = rules.number(text)
    query = fragments.read(text, stems(text))
    cards = Item.objects.filter(pk=number.pk) if number else Item.objects.none()
    found: list[QuerySet[Any, Any]] = [cards.values("pk")]
    piece = rules.phone_piece(text)
    if query:
        clients = Client.objects.visible_to(user)
        named = clients.filter(Holds(NAME_FRAGMENTS, query)).values("pk")
        points = ContactPoint.objects.filter(Holds(VALUE_FRAGMENTS, piece or query))
        reached = points.filter(client__in=clients.values("pk")).values("client_id")
        known = named.union(reached)
        found += [
            CardText.objects.filter(Holds(F("vector"), query)).values("pk"),
            Item.objects.filter(contact__in=known).values("pk"),
            Item.objects.filter(company__in=known).values("pk"),
        ]
    return Q(pk__in=found[0].union(*found[1:]))
