"""Who can log in to the demo company, and by which doors its clients come."""

from __future__ import annotations

from dataclasses import dataclass

from voronka.channels.models import Channel
from voronka.channels.providers.forms.models import Form
from voronka.demo.cast import CAST, DOMAIN, PASSWORD
from voronka.demo.post.places import HERE
from voronka.people.models import User

_SHOWN = ("owner", "rop", "manager", "natalia", "alexey", "marketing", "control", "foreman")


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A person of the demo company, as the log-in page and the terminal show them."""

    email: str
    name: str
    role: str
    password: str = PASSWORD


def demo_logins() -> list[DemoLogin]:
    """Return people of the demo company to log in as; none in a real company. One SQL query."""
    users = {
        user.email: user
        for user in User.objects.filter(is_active=True, email__endswith=f"@{DOMAIN}")
        .select_related("role")
        .order_by("pk")
    }
    wanted = [p for login in _SHOWN for p in CAST if p.login == login]
    return [
        DemoLogin(p.email, users[p.email].name, str(users[p.email].role))
        for p in wanted
        if p.email in users
    ]


def demo_form() -> Form | None:
    """Return the form of the sample site; None without a demo company. Two SQL queries."""
    if not _is_demo():
        return None
    rows = Form.objects.select_related("channel").filter(channel__archived_at=None)
    return rows.exclude(fields=[]).order_by("pk").first()


def demo_chat() -> Channel | None:
    """Return the chat of the sample site, if there is one in use. One SQL query."""
    return Channel.objects.active().filter(provider="chat").order_by("pk").first()


def demo_mailbox() -> Channel | None:
    """Return the company's mailbox at the sample post office; None without one. Two SQL queries.

    One that is switched off is still there: letters wait in it.
    """
    if not _is_demo():
        return None
    rows = Channel.objects.filter(provider="mail", archived_at=None, settings__imap_host=HERE)
    return rows.order_by("pk").first()


def _is_demo() -> bool:
    return User.objects.filter(email__endswith=f"@{DOMAIN}").exists()
