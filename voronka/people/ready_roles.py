"""The roles a new company starts with. Source: docs/domain/access.md, "Ready roles"."""

from __future__ import annotations

from dataclasses import dataclass, field

from voronka.kernel.texts import LocalText

_ALL_ACTIONS = ("see", "add", "change", "move", "delete", "export", "import")


def _row(*scopes: str) -> dict[str, str]:
    """Pair the actions, in the order of the matrix page, with their scopes."""
    return dict(zip(_ALL_ACTIONS, scopes, strict=True))


@dataclass(frozen=True, slots=True)
class ReadyRole:
    """A role as it comes out of the box; the company may change every bit of it."""

    code: str
    name: LocalText
    matrix: dict[str, dict[str, str]] = field(default_factory=dict)
    rights: tuple[str, ...] = ()
    everything: bool = False


#                           see       add     change    move      delete    export  import
_HEAD = {
    "*": _row(             "branch", "all",  "branch", "branch", "branch", "none", "branch"),
    "client": _row(        "all",    "all",  "branch", "branch", "branch", "none", "branch"),
}  # fmt: skip
_MANAGER = {
    "*": _row(             "own",    "own",  "own",    "own",    "none",   "none", "none"),
    "client": _row(        "all",    "own",  "own",    "own",    "none",   "none", "none"),
}  # fmt: skip
_MARKETER = {
    "*": _row(             "all",    "all",  "own",    "own",    "none",   "none", "all"),
    "client": _row(        "all",    "all",  "own",    "own",    "none",   "none", "all"),
}  # fmt: skip
_CONTROLLER = {
    "*": _row(             "all",    "none", "all",    "none",   "none",   "none", "none"),
    "client": _row(        "all",    "none", "all",    "none",   "none",   "none", "none"),
}  # fmt: skip
_OBSERVER = {
    "*": _row(             "all",    "none", "none",   "none",   "none",   "none", "none"),
}  # fmt: skip

READY_ROLES: tuple[ReadyRole, ...] = (
    ReadyRole("owner", LocalText("Собственник", "Owner"), everything=True),
    ReadyRole(
        "head_of_sales",
        LocalText("Руководитель отдела продаж", "Head of sales"),
        _HEAD,
        ("setup", "recycle", "share_views", "reports", "correct", "control"),
    ),
    ReadyRole("manager", LocalText("Менеджер", "Manager"), _MANAGER),
    ReadyRole(
        "marketer", LocalText("Маркетолог", "Marketer"), _MARKETER, ("share_views", "reports")
    ),
    ReadyRole(
        "controller",
        LocalText("CRM-менеджер", "CRM manager"),
        _CONTROLLER,
        ("audit", "share_views", "reports", "control"),
    ),
    ReadyRole("observer", LocalText("Наблюдатель", "Observer"), _OBSERVER, ("reports",)),
)
