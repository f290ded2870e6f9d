"""Keys of programs to the API: shown once, kept as a hash, always inside the owner's rights."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound, Sentence
from voronka.people import queries
from voronka.people.access import TOKEN_SCOPES
from voronka.people.commands.guards import load_user, require_self_or_over
from voronka.people.fingerprints import fingerprint
from voronka.people.models import ApiToken, User

_PREFIX = "vk_"  # lets scanners find a key that leaked into a repository
_HINT = 8  # characters
_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def create_token(
    user_id: int,
    *,
    name: str,
    scopes: Iterable[str],
    by: Actor,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a key that acts as its person; return it with its text, which is kept nowhere.

    People make keys for themselves. Somebody else's key would be somebody else's hand, so only
    the installation itself (the command line) makes one for others.

    Raises:
        InvalidInput: no name, no or an unknown scope, an end in the past.
        Forbidden: the key would act as somebody else.
        Conflict: the person is dismissed.
    """
    user = load_user(user_id)
    if by.user_id is not None and by.user_id != user.pk:
        raise Forbidden(_("People make their own keys. Ask this person to do it in the profile."))
    if not user.is_active:
        raise Conflict(_("This person is dismissed. Take them back first."))
    wanted = list(dict.fromkeys(scopes))
    faults: dict[str, Sentence] = {}
    if not name.strip():
        faults["name"] = _("Give the key a name that says which program uses it.")
    elif len(name.strip()) > 80:
        faults["name"] = _("The name is longer than 80 characters.")
    if not wanted or any(scope not in TOKEN_SCOPES for scope in wanted):
        faults["scopes"] = _("Choose at least one scope from the list.")
    if expires_at is not None and expires_at <= timezone.now():
        faults["expires_at"] = _("The end lies in the past.")
    if faults:
        raise InvalidInput(" ".join(str(f) for f in faults.values()), fields=faults)
    plain = _PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name.strip(),
        token_hash=fingerprint(plain),
        hint=plain[:_HINT],
        scopes=wanted,
        expires_at=expires_at,
    )
    record("token.created", token, by=by, user=user.pk, name=token.name, scopes=wanted)
    return token, plain


@transaction.atomic
def revoke_token(token_id: int, *, by: Actor) -> ApiToken:
    """Make a key useless from now on. Revoking twice does nothing.

    Raises:
        NotFound: there is no such key.
        Forbidden: it is somebody else's, and managing people is not in the role.
    """
    token = ApiToken.objects.select_for_update().filter(pk=token_id).first()
    if token is None:
        raise NotFound(_("There is no such key."))
    require_self_or_over(by, User.objects.select_related("role").get(pk=token.user_id))
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record("token.revoked", token, by=by, user=token.user_id, name=token.name)
    return token


@transaction.atomic
def revoke_all_tokens(user_id: int, *, by: Actor) -> int:
    """Revoke every key of a person; return how many there were."""
    open_keys = ApiToken.objects.filter(user_id=user_id, revoked_at=None).values_list("pk")
    ids = [pk for (pk,) in open_keys]
    for pk in ids:
        revoke_token(pk, by=by)
    return len(ids)


def use_token(plain: str) -> ApiToken | None:
    """Find a good key by its text, with its person and role, and note its use.

    "Last used" is written once a minute at most. None for a key that is unknown, revoked,
    expired, or whose person is dismissed.
    """
    token = queries.find_token(plain)
    if token is None:
        return None
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - _NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        token.last_used_at = now
    return token
