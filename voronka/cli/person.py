"""Whose hand the command line is: a named user, else the first owner."""

from typing import TYPE_CHECKING

from voronka.kernel.errors import NotFound

if TYPE_CHECKING:
    from voronka.people.models import User


def person(email: str = "") -> "User":
    """Return the active user with this e-mail; without one, the first owner.

    Raises:
        NotFound: there is no such user.
    """
    from django.utils.translation import gettext as _

    from voronka.people.models import User

    users = User.objects.select_related("role").filter(is_active=True)
    if email:
        found = users.filter(email__iexact=email).first()
    else:
        found = users.filter(role__everything=True).order_by("pk").first()
    if found is None:
        raise NotFound(
            _("There is no user “%(email)s”. `voronka user list` shows who is there.")
            % {"email": email or "owner"}
        )
    return found
