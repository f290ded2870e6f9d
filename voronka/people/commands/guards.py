"""What every command about people asks first: whose account is it, and who may touch it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden, NotFound
from voronka.kernel.locking import lock_row
from voronka.people import access, rules
from voronka.people.errors import LastOwner
from voronka.people.models import Role, User


def load_user(user_id: int) -> User:
    """Lock and return one person.

    Raises:
        NotFound: there is no such person.
    """
    if found := lock_row(User.objects.select_related("role"), user_id):
        return found
    raise NotFound(_("There is no such person."))


def require_over(by: Actor, user: User) -> None:
    """Let those pass who manage people and may do all that `user` may.

    Otherwise resetting a password or making a link would hand over rights one does not have.

    Raises:
        Forbidden: no right to people, or the person may do more than the actor.
    """
    access.require_right(by, "people")
    require_covers(by, access.Access.of_role(user.role))  # also of a closed account


def require_self_or_over(by: Actor, user: User) -> None:
    """Let the person pass, and those who manage people.

    Raises:
        Forbidden: it is somebody else's account, and managing people is not in the role.
    """
    if by.user_id != user.pk:
        require_over(by, user)


def require_may_grant(by: Actor, role: Role) -> None:
    """Let those pass who have every right that `role` gives.

    Raises:
        Forbidden: the role gives more than the actor has.
    """
    require_covers(by, access.Access.of_role(role))


def require_covers(by: Actor, rights: access.Access) -> None:
    """Let the actor pass when `rights` are inside the own ones; robots and the system pass.

    Raises:
        Forbidden: they are not.
    """
    mine = access.of_actor(by)
    if mine is not None and not rules.covers(mine, rights):
        raise Forbidden(
            _("These are more rights than your own. Ask somebody with the owner's role to do it.")
        )


def keep_an_owner(without: User) -> None:
    """Refuse to go on when `without` is the last working person who has every right.

    Locks the owners' roles, so that two owners cannot remove each other at one moment.

    Raises:
        LastOwner: nobody else has every right.
    """
    roles = list(Role.objects.select_for_update().filter(everything=True).order_by("pk"))
    others = User.objects.filter(role__in=roles, is_active=True).exclude(pk=without.pk)
    if not any(other.has_usable_password() for other in others):
        raise LastOwner
