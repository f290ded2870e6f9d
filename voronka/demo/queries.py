"""Who can log in to the demo company."""

from __future__ import annotations

from dataclasses import dataclass

from voronka.demo.cast import CAST, DOMAIN, PASSWORD
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
