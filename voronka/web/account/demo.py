"""The log-ins that the log-in page offers while the demo company is loaded."""

from __future__ import annotations

from dataclasses import dataclass

from voronka.people.models import User

DEMO_DOMAIN = "demo.voronka.local"  # nobody else can have an address there
DEMO_PASSWORD = "selling-ladder"  # noqa: S105 - public on purpose, printed on the log-in page
ROLES = ("owner", "head_of_sales", "manager", "marketer", "crm_manager", "observer")


@dataclass(frozen=True, slots=True)
class DemoLogIn:
    """A person of the demo company, one for each role."""

    email: str
    name: str
    role: str
    password: str = DEMO_PASSWORD


def demo_log_ins() -> list[DemoLogIn]:
    """Return one person for each role of the demo company; none in a real one. One SQL query."""
    people = User.objects.filter(is_active=True, email__endswith=f"@{DEMO_DOMAIN}").select_related(
        "role"
    )
    found: dict[str, DemoLogIn] = {}
    for user in people.order_by("role__position", "pk"):
        found.setdefault(user.role.code, DemoLogIn(user.email, user.name, str(user.role)))
    return list(found.values())
