"""Who works where: links between persons and companies."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.clients import rules
from voronka.clients.commands.client import lock_client, note_event, save_client
from voronka.clients.errors import KindsDiffer
from voronka.clients.models import Client, ClientLink
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people import access


@transaction.atomic
def link_person_to_company(
    person_id: int, company_id: int, *, by: Actor, role: str = ""
) -> ClientLink:
    """Say that a person works at, or speaks for, a company; a second time changes the role.

    Records `client.linked` at both. Needs the right to change the person and to see the company.

    Raises:
        KindsDiffer: the first is not a person, or the second not a company.
    """
    person = lock_client(person_id, by=by, action="change")
    company = Client.objects.alive().filter(pk=company_id).first()
    if company is None:
        raise InvalidInput(
            _("There is no such company. Choose from the list or create a new one."),
            fields={"company": _("Choose from the list.")},
        )
    access.require(by, "see", access.CLIENTS, owner_id=company.owner_id)
    if person.is_company or not company.is_company:
        raise KindsDiffer(_("A link joins a person and a company."))
    role = rules.words(role)[:120]
    link, made = ClientLink.objects.get_or_create(
        person=person, company=company, defaults={"role": role}
    )
    if made or link.role != role:
        link.role = role
        link.save(update_fields=["role"])
        save_client(person, [])
        note_event("client.linked", person, by=by, company_id=company.pk, role=role)
        note_event("client.linked", company, by=by, person_id=person.pk, role=role)
    return link


@transaction.atomic
def unlink_person_from_company(person_id: int, company_id: int, *, by: Actor) -> None:
    """Take the link away; records `client.unlinked` at both. Without a link nothing happens."""
    person = lock_client(person_id, by=by, action="change")
    link = ClientLink.objects.filter(person=person, company_id=company_id).first()
    if link is None:
        return
    company = link.company
    link.delete()
    save_client(person, [])
    note_event("client.unlinked", person, by=by, company_id=company.pk)
    note_event("client.unlinked", company, by=by, person_id=person.pk)
