"""Conversations are merged and split, and both can be taken back (TL-3).

Source: docs/domain/conversations.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.items.commands.card import lock_card
from voronka.journal.actors import Actor
from voronka.kernel.errors import Conflict, InvalidInput, NotFound
from voronka.timeline.commands.conversations import lock_conversation, note_about, refresh
from voronka.timeline.models import Conversation, Message, Rethreading


@transaction.atomic
def merge_conversations(keeper_id: int, absorbed_id: int, *, by: Actor) -> Rethreading:
    """Put two conversations together: all messages of `absorbed` go to `keeper`.

    Messages stand in the order of their senders' clocks. Records `item.conversations_merged` at
    both cards. What arrives for the absorbed one later goes to the keeper.

    Raises:
        InvalidInput: one and the same.
        NotFound, Forbidden: see `lock_conversation`.
    """
    if keeper_id == absorbed_id:
        raise InvalidInput(_("Choose two different conversations."))
    first, second = sorted((keeper_id, absorbed_id))  # locked in one order: no deadlock
    locked = {pk: lock_conversation(pk, by=by) for pk in (first, second)}
    keeper, absorbed = locked[keeper_id], locked[absorbed_id]
    if keeper.pk == absorbed.pk:
        raise InvalidInput(_("These conversations have been merged already."))
    ids = list(absorbed.messages.values_list("pk", flat=True))
    note_about("conversations_merged", absorbed, by=by, keeper=keeper.pk, messages=len(ids))
    Message.objects.filter(pk__in=ids).update(conversation=keeper)
    absorbed.merged_into = keeper
    absorbed.unread, absorbed.waiting_since = 0, None
    absorbed.save(update_fields=["merged_into", "unread", "waiting_since"])
    refresh(keeper)
    note_about("conversations_merged", keeper, by=by, absorbed=absorbed.pk, messages=len(ids))
    return Rethreading.objects.create(
        kind=Rethreading.Kind.MERGE,
        source=absorbed,
        target=keeper,
        message_ids=ids,
        by_user_id=by.user_id,
        at=timezone.now(),
    )


@transaction.atomic
def split_conversation(
    conversation_id: int, message_ids: Sequence[int], *, by: Actor, item_id: int | None = None
) -> Rethreading:
    """Take some messages out into a conversation of their own, on another card if one is named.

    Records `item.conversation_split`. The new conversation is `target` of what is returned.

    Raises:
        InvalidInput: no message, or all of them, was chosen.
        NotFound, Forbidden: the conversation, or the right to change the card.
    """
    source = lock_conversation(conversation_id, by=by)
    own = set(source.messages.values_list("pk", flat=True))
    ids = [pk for pk in dict.fromkeys(message_ids) if pk in own]
    if not ids or len(ids) == len(own):
        raise InvalidInput(_("Choose some of the messages, not all of them."))
    owner_id, card = source.owner_id, source.item_id
    if item_id is not None and item_id != card:
        other = lock_card(item_id, by=by, action="change")
        owner_id, card = other.owner_id, other.pk
    now = timezone.now()
    target = Conversation.objects.create(
        client_id=source.client_id,
        item_id=card,
        owner_id=owner_id,
        guest_name=source.guest_name,
        channel_id=source.channel_id,
        last_at=now,
        created_at=now,
    )
    Message.objects.filter(pk__in=ids).update(conversation=target)
    refresh(source)
    refresh(target)
    note_about("conversation_split", source, by=by, target=target.pk, messages=len(ids))
    return Rethreading.objects.create(
        kind=Rethreading.Kind.SPLIT,
        source=source,
        target=target,
        message_ids=ids,
        by_user_id=by.user_id,
        at=now,
    )


@transaction.atomic
def undo_rethreading(rethreading_id: int, *, by: Actor) -> Rethreading:
    """Take a merge or a split back: its messages return where they were. Twice does nothing.

    What was written since stays where it is; a split conversation that is empty then is merged
    away. Records `item.rethreading_undone`.

    Raises:
        Conflict: a later merge of the same conversation still stands.
    """
    done = Rethreading.objects.select_for_update().filter(pk=rethreading_id).first()
    if done is None:
        raise NotFound(_("There is nothing to take back."))
    if done.undone_at is not None:
        return done
    later = Rethreading.objects.filter(undone_at=None, pk__gt=done.pk, kind=Rethreading.Kind.MERGE)
    if later.filter(source_id=done.target_id).exists():
        raise Conflict(_("This conversation was merged later. Undo that first."))
    if done.kind == Rethreading.Kind.MERGE:
        Conversation.objects.filter(pk=done.source_id, merged_into_id=done.target_id).update(
            merged_into=None
        )
    first, second = sorted((done.source_id, done.target_id))
    locked = {pk: lock_conversation(pk, by=by) for pk in (first, second)}
    source, target = locked[done.source_id], locked[done.target_id]
    back = Message.objects.filter(pk__in=done.message_ids, conversation=target)
    back.update(conversation=source)
    if done.kind == Rethreading.Kind.SPLIT and not target.messages.exists():
        target.merged_into = source
        target.save(update_fields=["merged_into"])
    refresh(source)
    refresh(target)
    done.undone_at = timezone.now()
    done.save(update_fields=["undone_at"])
    note_about("rethreading_undone", source, by=by, target=target.pk, kind=done.kind)
    return done
