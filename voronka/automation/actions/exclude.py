"""Puts the card's client on the list of those from whom no cards are made (I4, IN-15)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import Duration, Params, choices
from voronka.automation.registry import Context, Done, Nothing, Result, robot_action
from voronka.automation.spans import Span
from voronka.clients import rules
from voronka.clients.commands import exclude as exclude_identities
from voronka.clients.models import Client, ContactPoint, Exclusion
from voronka.items.models import Item
from voronka.kernel.errors import Sentence

Contact = Literal["phone", "email", "account", "domain"]
CONTACTS: dict[str, str] = {
    "phone": gettext_noop("phones"),
    "email": gettext_noop("e-mail addresses"),
    "account": gettext_noop("accounts in messengers"),
    "domain": gettext_noop("the domain of the mail"),
}
REASONS: dict[str, str] = {
    "spam": gettext_noop("Spam"),
    "supplier": gettext_noop("Supplier"),
    "partner": gettext_noop("Partner"),
    "applicant": gettext_noop("Job seeker"),
}


def _usual() -> list[Contact]:
    return ["phone", "email", "account"]


class Settings(Params):
    reason: Literal["spam", "supplier", "partner", "applicant"] = Field(
        "spam", title=gettext_noop("Who it is"), json_schema_extra=choices(**REASONS)
    )
    contacts: list[Contact] = Field(
        default_factory=_usual,
        min_length=1,
        max_length=4,
        title=gettext_noop("What is excluded"),
        description=gettext_noop("Domains of public mail services are passed over"),
        json_schema_extra=choices(**CONTACTS),
    )
    term: Duration = Field(
        "",
        title=gettext_noop("For how long"),
        description=gettext_noop("Empty: until somebody takes it back"),
    )
    comment: str = Field("", max_length=300, title=gettext_noop("Why, for those who look later"))


def _says(params: Settings, names: RobotNames) -> str:
    said = {
        "contacts": ", ".join(_(CONTACTS[one]) for one in params.contacts),
        "reason": Exclusion.Reason(params.reason).label,
        "span": names.span(params.term),
    }
    if params.term:
        return _("exclude the client for %(span)s (%(reason)s): %(contacts)s") % said
    return _("exclude the client for good (%(reason)s): %(contacts)s") % said


@robot_action(
    "exclude",
    title=gettext_lazy("Exclude the client"),
    params=Settings,
    says=_says,
    icon="ban",
    group=gettext_lazy("Card"),
)
def exclude(item: Item, params: Settings, context: Context) -> Result:
    """No more cards come from them; the card itself stays where it is, to be moved or lost."""
    client = item.contact or item.company
    if client is None:
        return Nothing(gettext_lazy("The card has no client."))
    found = list(dict.fromkeys(_identities(client, params.contacts)))
    if not found:
        return Nothing(gettext_lazy("The client has no contact that could be excluded."))
    term = Span.read(params.term)
    until = term.after(context.now, lambda: context.schedule(item.owner_id)) if term else None
    in_force = Exclusion.objects.in_force(at=context.now).filter(reason=params.reason, until=until)
    known = set(in_force.values_list("identity_kind", "identity_value"))
    if known.issuperset(found):
        return Nothing(gettext_lazy("They are excluded already."))
    # a mail domain is not the client's own, so the right is asked as for the list: robots have it
    rows = exclude_identities(
        found,
        reason=params.reason,
        by=context.by,
        client_id=client.pk,
        until=until,
        comment=params.comment,
    )
    names = ", ".join(row.identity_value for row in rows)
    said: Sentence = gettext_lazy("excluded: %(contacts)s")
    return Done(said, {"contacts": names[:200]}, {"exclusion": rows[0].pk})


def _identities(client: Client, wanted: Iterable[Contact]) -> Iterable[tuple[str, str]]:
    """Give the contacts that are wanted, as the list of exclusions keeps them."""
    chosen = set(wanted)
    for kind, value in client.contact_points.values_list("kind", "value"):
        if kind == ContactPoint.Kind.PHONE and "phone" in chosen:
            yield kind, value
        elif kind == ContactPoint.Kind.EMAIL:
            if "email" in chosen:
                yield kind, value
            if "domain" in chosen and (domain := _domain(value)):
                yield Exclusion.DOMAIN, domain
        elif kind != ContactPoint.Kind.PHONE and "account" in chosen:
            yield kind, value


def _domain(address: str) -> str:
    """Return the domain of an address; "" of a public mail service, where many others write."""
    try:
        return rules.mail_domain(address)
    except rules.Unreadable:
        return ""
