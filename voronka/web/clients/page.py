"""What a client's page shows, piece by piece; each piece is read again when it changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from voronka.clients.models import Client, ClientLink, ContactPoint
from voronka.clients.queries import Match, doubles_of
from voronka.items.client_queries import NOTHING, ClientTotals, cards_of, client_totals
from voronka.items.models import Attachment, Item
from voronka.people.access import CLIENTS
from voronka.people.models import User
from voronka.pipelines.models import Field, Pipeline, Section
from voronka.timeline.queries import last_touches
from voronka.web.card.parts import Prop
from voronka.web.clients.specs import NAME_PARTS, custom_fields, system_specs, values_of_client
from voronka.web.fields import Spec
from voronka.web.fields.showing import names_of, text_of
from voronka.web.fields.specs import spec_of

CARDS = 8  # cards at once
LINKS = 50  # persons of a company, or companies of a person
DOUBLES = 5


@dataclass(frozen=True, slots=True)
class Block:
    """A section of custom fields."""

    section: Section
    props: list[Prop]

    @property
    def filled(self) -> int:
        """How many of its fields are filled."""
        return sum(not prop.is_empty for prop in self.props)


@dataclass
class ClientPage:
    """Everything about one client for one person. Nothing is read before a template asks."""

    client: Client
    user: User

    @property
    def feed_id(self) -> str:
        """The id of the history on the page."""
        return f"client-feed-{self.client.pk}"

    @property
    def draft(self) -> str:
        """Under what the browser keeps an unfinished note."""
        return f"client-{self.client.pk}"

    # -- rights -----------------------------------------------------------------------------

    def may(self, action: str) -> bool:
        """Whether the person may do `action` to this client."""
        return self.user.access.may(action, CLIENTS, owner_id=self.client.owner_id)

    @cached_property
    def may_change(self) -> bool:
        return self.may("change")

    @cached_property
    def may_delete(self) -> bool:
        return self.may("delete")

    @cached_property
    def may_add_cards(self) -> bool:
        """Whether there is a funnel to which the person may add a card for this client."""
        access, rows = self.user.access, Pipeline.objects.filter(archived=False)
        return any(
            access.may("add", kind, code, owner_id=self.user.pk)
            for code, kind in rows.values_list("code", "item_type__code")
        )

    # -- how to reach them ------------------------------------------------------------------

    @cached_property
    def points(self) -> list[ContactPoint]:
        """Phones, then e-mail, then messengers, each in the order of importance."""
        rows = list(self.client.contact_points.all())
        order = {kind: number for number, kind in enumerate(ContactPoint.Kind.values)}
        return sorted(rows, key=lambda p: (order[p.kind], p.position, p.pk))

    @property
    def contact_kinds(self) -> list[tuple[str, str]]:
        """Code and name of every kind of contact that can be added."""
        return [(kind.value, str(kind.label)) for kind in ContactPoint.Kind]

    @property
    def main_phone(self) -> ContactPoint | None:
        """The phone to call first."""
        phones = (p for p in self.points if p.kind == ContactPoint.Kind.PHONE)
        return next(phones, None)

    @cached_property
    def first_ids(self) -> set[int]:
        """Ids of the main contact of each kind."""
        firsts: dict[str, int] = {}
        for point in self.points:
            firsts.setdefault(point.kind, point.pk)
        return set(firsts.values())

    # -- fields -----------------------------------------------------------------------------

    @cached_property
    def _custom(self) -> list[Field]:
        return custom_fields()

    @cached_property
    def specs(self) -> dict[str, Spec]:
        """Code -> spec of system and custom fields."""
        return system_specs(self.client.kind) | {f.code: spec_of(f) for f in self._custom}

    @cached_property
    def _texts(self) -> dict[str, str]:
        values, specs = values_of_client(self.client), list(self.specs.values())
        names = names_of(specs, [values], user=self.user)
        return {spec.code: text_of(spec, values.get(spec.code), names) for spec in specs}

    def prop(self, code: str) -> Prop:
        """Return one field with its value in words."""
        value = values_of_client(self.client).get(code)
        return Prop(self.specs[code], self._texts[code], value, editable=self.may_change)

    @cached_property
    def props(self) -> list[Prop]:
        """The columns of every client, without the name, which stands in the head."""
        codes = system_specs(self.client.kind)
        return [self.prop(code) for code in codes if code not in ("name", *NAME_PARTS)]

    @cached_property
    def name_props(self) -> list[Prop]:
        """The parts of a person's name, for documents."""
        return [self.prop(code) for code in NAME_PARTS if code in self.specs]

    @cached_property
    def blocks(self) -> list[Block]:
        """Custom fields by section."""
        by_section: dict[Section, list[Prop]] = {}
        for field in self._custom:
            by_section.setdefault(field.section, []).append(self.prop(field.code))
        return [Block(section, props) for section, props in by_section.items()]

    # -- companies and persons --------------------------------------------------------------

    @cached_property
    def links(self) -> list[ClientLink]:
        """Companies of a person, or persons of a company, as far as they are seen."""
        side = "person" if self.client.is_company else "company"
        mine = "company" if self.client.is_company else "person"
        seen = Client.objects.visible_to(self.user)
        rows = ClientLink.objects.filter(**{mine: self.client, f"{side}__in": seen})
        found = rows.select_related(side).prefetch_related(f"{side}__contact_points")
        return list(found.order_by("pk")[:LINKS])

    # -- cards ------------------------------------------------------------------------------

    @cached_property
    def totals(self) -> ClientTotals:
        """Open, won and lifetime value, of the cards that the person may see."""
        return client_totals([self.client.pk], self.user).get(self.client.pk, NOTHING)

    @cached_property
    def last_touch_at(self) -> Any:
        """When somebody last worked on the client or one of the cards."""
        own = last_touches([self.client.pk]).get(self.client.pk)
        moments = [at for at in (own, self.totals.last_touch_at) if at is not None]
        return max(moments, default=None)

    @cached_property
    def _cards(self) -> QuerySet[Item]:
        cards = cards_of(self.client, self.user)
        return cards.select_related("stage", "pipeline__item_type", "owner", "loss_reason")

    def cards(self, *, skip: int = 0) -> tuple[list[Item], int]:
        """Return some cards, open ones first, and where the next ones begin (0 at the end)."""
        found = list(self._cards[skip : skip + CARDS + 1])
        return found[:CARDS], skip + CARDS if len(found) > CARDS else 0

    # -- the rest ---------------------------------------------------------------------------

    @cached_property
    def doubles(self) -> list[Match]:
        """Clients who may be the same as this one."""
        return doubles_of(self.client, self.user)[:DOUBLES]

    @cached_property
    def files(self) -> list[Attachment]:
        rows = Attachment.objects.filter(client_id=self.client.pk, deleted_at=None, inline=False)
        return list(rows[:100])
