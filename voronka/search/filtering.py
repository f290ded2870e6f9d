"""The text of a filter of cards: by what a card holds, not by how well it fits."""

from __future__ import annotations

from django.db.models import F, Q

from voronka.clients.models import NAME_FRAGMENTS, Client, ContactPoint
from voronka.kernel import fragments
from voronka.kernel.fragments import Holds
from voronka.people.models import User
from voronka.search import rules
from voronka.search.models import CardText
from voronka.search.queries import stems
from voronka.search.reach import holding

_FEW_CARDS = 2000  # with the text in the title; so many are named one by one
_FEW_CLIENTS = 500


def cards_with(text: str, user: User) -> Q:
    """Return the condition of cards that hold a text in the title, key, number or client.

    Clients count by name, taxpayer number and contact points, if `user` may see them. The words
    are understood as in the search: any fragment, both scripts and layouts. Four SQL queries.

    A rare text is turned into the ids that have it, so that the database begins with them. Of a
    common one it makes a set, and walks the list's own order until the page is full.
    """
    number = rules.number(text)
    query = fragments.read(text, stems(text))
    condition = Q(pk=number.pk) if number else Q(pk__in=[])
    if not query:
        return condition
    texts = CardText.objects.filter(Holds(F("vector"), query))
    titled = list(texts.values_list("pk", flat=True)[: _FEW_CARDS + 1])
    few = len(titled) <= _FEW_CARDS
    condition |= Q(pk__in=titled if few else texts.values("pk"))
    clients = Client.objects.visible_to(user)
    named = clients.filter(Holds(NAME_FRAGMENTS, query)).values_list("pk", flat=True)
    piece = rules.phone_piece(text)
    points = ContactPoint.objects.filter(holding(text, piece or query))
    reached = points.filter(client__in=clients.values("pk")).order_by()
    owners = reached.values_list("client_id", flat=True)
    for found in (named, owners):
        some = list(found[: _FEW_CLIENTS + 1])
        known = some if len(some) <= _FEW_CLIENTS else found
        if some:
            condition |= Q(contact__in=known) | Q(company__in=known)
    return condition
