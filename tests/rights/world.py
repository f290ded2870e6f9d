"""A small company around one person, and every face through which the person may meet a card.

Each face is a function that answers with the cards it showed, or changed; a rule of the tests is
that all of them agree with `visible_to`. A new way to read or change cards belongs into this list.
"""

import csv
import io
import json
import re
from dataclasses import dataclass, field

from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client as Http

from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_department, make_user
from voronka.analytics.queries import sales_report
from voronka.clients.models import Client
from voronka.items import commands
from voronka.items.live import live_filter
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.people import commands as people
from voronka.people.access import TOKEN_SCOPES
from voronka.people.models import User
from voronka.pipelines.models import ItemType, Pipeline

WHOSE = ("own", "department", "below", "elsewhere", "loose", "watched")
_CARD = re.compile(r"/cards/(\d+)/")
_CLIENT = re.compile(r"/clients/(\d+)/")


@dataclass
class World:
    """Two funnels of one type; a card of everybody in each; one card that the person watches."""

    kind: ItemType
    heir: User  # owns nothing yet
    funnels: list[Pipeline]
    owners: dict[str, User]
    cards: dict[int, Item] = field(default_factory=dict)
    files: dict[int, int] = field(default_factory=dict)  # attachment -> card
    clients: set[int] = field(default_factory=set)

    @classmethod
    def make(cls) -> "World":
        kind = make_item_type("deal", has_client=True)
        top, other = make_department(), make_department()
        places = {
            "own": top,
            "department": top,
            "below": make_department(top),
            "elsewhere": other,
            "loose": None,
            "watched": other,
        }
        owners = {whose: make_user(department=places[whose]) for whose in WHOSE}
        world = cls(kind, make_user(), [make_pipeline(kind, stages=3) for _ in range(2)], owners)
        for number, funnel in enumerate(world.funnels):
            for whose in WHOSE if number == 0 else WHOSE[:4]:
                owner = owners[whose]
                client = make_client(owner=owner, name=f"Zephyr {whose} {number}")
                world.clients.add(client.pk)
                card = make_item(
                    funnel, owner=owner, title=f"Quetzal {whose} {number}", contact=client.pk
                )
                file = commands.attach_file(
                    ContentFile(b"plan"), name="plan.pdf", item_id=card.pk, by=SYSTEM
                )
                world.cards[card.pk], world.files[file.pk] = card, card.pk
        watched = next(c for c in world.cards.values() if c.owner_id == owners["watched"].pk)
        commands.watch_item(watched.pk, user=owners["own"], by=SYSTEM)
        return world


class Visit:
    """The person with a role, at every face."""

    def __init__(self, world: World, role) -> None:
        subject = world.owners["own"]
        people.change_user(subject.pk, role=role, by=SYSTEM)
        self.world = world
        self.user = User.objects.select_related("role").get(pk=subject.pk)
        self.http = Http()
        self.http.force_login(self.user)
        token = people.create_token(
            self.user.pk, name="test", scopes=tuple(TOKEN_SCOPES), by=Actor.user(self.user)
        )
        self.key = {"HTTP_AUTHORIZATION": f"Bearer {token[1]}"}

    def page(self, address: str, **query) -> str:
        answer = self.http.get(address, query)
        assert answer.status_code in (200, 403, 404), (address, answer.status_code)
        return answer.content.decode() if answer.status_code == 200 else ""

    def sees_funnel(self, card: Item) -> bool:
        funnel = card.pipeline
        return bool(self.user.access.scope("see", funnel.item_type.code, funnel.code))

    def rest(self, method: str, path: str, body: object = None):
        answer = self.http.generic(
            method,
            f"/api/v1{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            **self.key,
        )
        assert answer.status_code < 500, (path, answer.status_code)
        return answer

    def ours(self, text: str, pattern: re.Pattern[str] = _CARD) -> set[int]:
        mine = self.world.clients if pattern is _CLIENT else self.world.cards.keys()
        return {int(pk) for pk in pattern.findall(text)} & set(mine)

    def open_one_by_one(self, path: str) -> set[int]:
        return {pk for pk in self.world.cards if self.page(path.format(pk))}

    # -- who sees a card ------------------------------------------------------------------------

    def seen(self) -> dict[str, set[int]]:
        """The cards that each face shows."""
        cards, funnels = self.world.cards, self.world.funnels
        every = [("id", pk) for pk in cards]
        hears = live_filter(self.user.pk)
        found = {
            "board": {pk for f in funnels for pk in self.ours(self.page(f"/board/{f.pk}/"))},
            "board, changes": {
                pk
                for f in funnels
                for pk in self.ours(
                    self.page(f"/board/{f.pk}/changes?" + "&".join(f"id={pk}" for _i, pk in every))
                )
            },
            "list": {pk for f in funnels for pk in self.ours(self.page(f"/list/{f.pk}/"))},
            "list of a type": self.ours(self.page(f"/list/type/{self.world.kind.code}/")),
            "search": self.ours(self.page("/search/", q="Quetzal")),
            "palette": {  # it shows a few, so each is asked for by its name
                pk
                for pk, card in cards.items()
                if pk in self.ours(self.page("/search/palette", q=card.title))
            },
            "choice of a card": {
                int(row["value"])
                for text in ("", "Quetzal")
                for row in json.loads(self.page("/fields/items", q=text))
            }
            & cards.keys(),
            "live": {
                pk
                for pk, c in cards.items()
                if hears({"s": "item", "i": pk, "p": c.pipeline_id, "o": c.owner_id})
            },
            "REST list": {row["id"] for row in self.rest("GET", "/items?limit=200").json()["items"]}
            & cards.keys(),
            "REST card": {
                pk for pk in cards if self.rest("GET", f"/items/{pk}").status_code == 200
            },
            "REST visits": {
                pk for pk in cards if self.rest("GET", f"/items/{pk}/visits").status_code == 200
            },
            "file": {
                self.world.files[file]
                for file in self.world.files
                if self.http.get(f"/cards/files/{file}").status_code == 200
            },
            "row of the list": {
                pk
                for pk, c in cards.items()
                if self.ours(
                    self.http.get(
                        f"/list/{c.pipeline_id}/?row={pk}", headers={"HX-Request": "true"}
                    ).content.decode()
                )
            },
        }
        for piece in ("", "head", "feed", "field/title"):
            found[f"card {piece}".strip()] = self.open_one_by_one(f"/cards/{{}}/{piece}")
        found["report"] = {sum(row.cards for row in sales_report(user=self.user))}  # a count
        return found

    def seen_clients(self) -> dict[str, set[int]]:
        """The clients that each face shows."""
        clients = self.world.clients
        hears = live_filter(self.user.pk)
        owners = dict(Client.objects.filter(pk__in=clients).values_list("pk", "owner_id"))
        dialogs = {
            pk: self.page(
                "/filters/", path=f"/board/{self.world.funnels[0].pk}/", client=pk,
                type=self.world.kind.code,
            )
            for pk in clients
        }  # fmt: skip
        names = dict(Client.objects.filter(pk__in=clients).values_list("pk", "name"))
        return {
            "list": self.ours(self.page("/clients/", q="Zephyr"), _CLIENT),
            "page": {pk for pk in clients if self.page(f"/clients/{pk}/")},
            "feed": {pk for pk in clients if self.page(f"/clients/{pk}/feed")},
            "search": self.ours(self.page("/search/", q="Zephyr"), _CLIENT),
            "choice of a client": {
                int(row["value"])
                for text in ("", "Zephyr")
                for row in json.loads(self.page("/fields/clients", q=text))
            }
            & clients,
            "filter dialog": {pk for pk, text in dialogs.items() if names[pk] in text},
            "live": {pk for pk in clients if hears({"s": "client", "i": pk, "o": owners[pk]})},
            "REST list": {
                row["id"] for row in self.rest("GET", "/clients?limit=200").json()["items"]
            }
            & clients,
            "REST client": {
                pk for pk in clients if self.rest("GET", f"/clients/{pk}").status_code == 200
            },
        }

    def exported(self) -> set[int]:
        """The cards in the lists' files."""
        titles = {card.title: pk for pk, card in self.world.cards.items()}
        found: set[int] = set()
        for path in [f"{f.pk}/" for f in self.world.funnels] + [f"type/{self.world.kind.code}/"]:
            answer = self.http.get(f"/list/{path}export")
            if answer.status_code == 200:
                text = b"".join(answer.streaming_content).decode("utf-8-sig")
                cells = {cell for row in csv.reader(io.StringIO(text)) for cell in row}
                found |= {titles[title] for title in titles.keys() & cells}
            else:
                assert answer.status_code in (403, 404)
        return found

    # -- who changes a card ---------------------------------------------------------------------

    def changed(self) -> dict[str, dict[str, set[int]]]:
        """For each action and face: the cards that really changed in the database."""
        to = {f.pk: stage(f, "s2").pk for f in self.world.funnels}
        heir = self.world.heir.pk

        def post(path, **data):
            return lambda pk, card: self.http.post(path.format(pk=pk, f=card.pipeline_id), data)

        def bulk(kind, **data):
            return post(f"/list/{{f}}/bulk/{kind}", go="1", **data)

        faces = {
            "change": {
                "card": post("/cards/{pk}/field/title", **{"f-title": "New"}),
                "cell": post("/list/cell/{pk}/amount", **{"f-amount": "77"}),
                "REST": lambda pk, card: self.rest("PATCH", f"/items/{pk}", {"title": "New"}),
                "REST owner": lambda pk, card: self.rest(
                    "PATCH", f"/items/{pk}", {"owner_id": heir}
                ),
                "owner": post("/cards/{pk}/owner", owner=heir),
                "bulk": lambda pk, card: bulk("edit", ids=pk, field="amount", **{"f-amount": "77"})(
                    pk, card
                ),
                "bulk owner": lambda pk, card: bulk("assign", ids=pk, owner=heir)(pk, card),
            },
            "move": {
                "board": lambda pk, card: post("/board/{f}/move/{pk}", stage=to[card.pipeline_id])(
                    pk, card
                ),
                "card": lambda pk, card: post("/cards/{pk}/move", stage=to[card.pipeline_id])(
                    pk, card
                ),
                "list": lambda pk, card: post("/list/move/{pk}", stage=to[card.pipeline_id])(
                    pk, card
                ),
                "REST": lambda pk, card: self.rest("POST", f"/items/{pk}/move", {"stage": "s2"}),
                "bulk": lambda pk, card: bulk("move", ids=pk, stage=to[card.pipeline_id])(pk, card),
            },
            "delete": {
                "card": post("/cards/{pk}/delete"),
                "REST": lambda pk, card: self.rest("DELETE", f"/items/{pk}"),
                "bulk": lambda pk, card: bulk("delete", ids=pk)(pk, card),
            },
        }
        return {
            action: {
                name: {pk for pk, card in self.world.cards.items() if _changes(face, pk, card)}
                for name, face in by_name.items()
            }
            for action, by_name in faces.items()
        }


def _changes(face, pk: int, card: Item) -> bool:
    """Whether a face changes a card; taken back at once."""
    with transaction.atomic():
        before = Item.objects.values().get(pk=pk)
        answer = face(pk, card)
        assert answer.status_code < 500, answer.status_code
        changed = Item.objects.values().get(pk=pk) != before
        transaction.set_rollback(True)
    return changed
