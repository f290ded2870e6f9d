"""Questions on cards to a person or a role, with a time by which they are answered (SP-4, S4).

Source: docs/domain/questions.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.items.commands.card import lock_card, note_event
from voronka.items.commands.editing import note_touch
from voronka.items.models import Item, ItemLink
from voronka.journal.actors import Actor
from voronka.journal.live import announce_changes
from voronka.kernel.errors import Forbidden, InvalidInput, NotFound, Sentence
from voronka.people.models import Role, User
from voronka.people.queries import head_of
from voronka.timeline.commands.notifications import Notice, notify_many
from voronka.timeline.models import Question, Reply

_LONGEST = 4000  # characters
_MOST_TOLD = 30  # people who hear of one question


@transaction.atomic
def ask_question(
    item_id: int,
    text: str,
    *,
    to: str,
    due_at: datetime | None,
    by: Actor,
    asker_id: int | None = None,
) -> Question:
    """Ask a person or a role something on a card; records `item.question_asked`.

    Who may see a card may ask on it. Those who are asked are told, as far as they see the card.

    Args:
        to: "user:<id>" or "role:<code>".
        due_at: by when an answer is wanted.
        asker_id: of a robot's question: who gets the answer and may take it back.
    Raises:
        NotFound, Forbidden: no such card for whoever asks.
        InvalidInput: nothing is asked, nobody who sees the card would hear it, or the time is past.
    """
    item = lock_card(item_id, by=by, action="see")
    asker_id = by.user_id or asker_id
    if asker_id is None:
        raise Forbidden(_("Questions are asked by people: the answer has to reach somebody."))
    wrong: dict[str, Sentence] = {}
    text = text.replace("\x00", "").strip()
    if not text:
        wrong["text"] = _("Write what you want to know.")
    elif len(text) > _LONGEST:
        wrong["text"] = _too_long()
    now = timezone.now()
    if due_at is None:
        wrong["due"] = _("Say by when you need the answer.")
    elif due_at <= now:
        wrong["due"] = _("This time has passed. Choose a later one.")
    user, role = _addressee(to)
    people: list[User] = []
    if user is None and role is None:
        wrong["to"] = _("Choose who is to answer.")
    else:
        people = _who_see(item, [user] if user else _of_role(role))
        if not people:
            name = user or role
            wrong["to"] = _("%(name)s does not see this card and could not answer.") % {
                "name": name
            }
        elif user is not None and user.pk == asker_id:
            wrong["to"] = _("Ask somebody else: your own notes are at hand.")
    if wrong or due_at is None:
        raise InvalidInput(
            _("Some fields can't be saved yet. Mend them and try again."), fields=wrong
        )
    question = Question.objects.create(
        item=item,
        text=text,
        asker_id=asker_id,
        to_user=user,
        to_role=role,
        to_name=str(user or role)[:160],
        due_at=due_at,
        asked_at=now,
    )
    note_event(
        "item.question_asked",
        item,
        by=by,
        question=question.pk,
        asked=to,
        due=due_at,
        text=text[:300],
    )
    if by.user_id is not None:  # a robot's question is no work on the card
        note_touch(item.pk, by=by)
    _announce(item)
    _tell(people, item, text, but=asker_id, answer=False)
    return question


@transaction.atomic
def reply(question_id: int, text: str, *, by: Actor) -> Reply:
    """Write into the thread of a question; the first word of somebody asked settles it.

    Records `item.question_answered`, or `item.question_replied` when it settles nothing. The asker
    is told of what others write, the asked of what the asker adds.

    Raises:
        NotFound: no such question, or its card is not to be seen.
        InvalidInput: there is no text, or too much.
    """
    question = _lock(question_id)
    item = lock_card(question.item_id, by=by, action="see")
    text = text.replace("\x00", "").strip()
    if not text or by.user_id is None:
        raise InvalidInput(_("Write an answer."), fields={"text": _("Write an answer.")})
    if len(text) > _LONGEST:
        raise InvalidInput(_too_long(), fields={"text": _too_long()})
    author = User.objects.get(pk=by.user_id)
    now = timezone.now()
    row = Reply.objects.create(question=question, author=author, text=text, at=now)
    settles = question.is_open and question.asks(author) and author.pk != question.asker_id
    if settles:
        question.settled_at, question.answered = now, True
        question.save(update_fields=["settled_at", "answered"])
    verb = "item.question_answered" if settles else "item.question_replied"
    note_event(verb, item, by=by, question=question.pk, text=text[:300])
    note_touch(item.pk, by=by)
    _announce(item)
    if author.pk == question.asker_id:
        _tell(_asked_people(question, item), item, text, but=author.pk, answer=False)
    else:
        _tell(_who_see(item, [question.asker]), item, text, but=author.pk, answer=True)
    return row


@transaction.atomic
def close_question(question_id: int, *, by: Actor) -> Question:
    """Take a question back: its answer is not needed any more; records `item.question_closed`.

    Raises:
        Forbidden: somebody else has asked it.
    """
    question = _lock(question_id)
    item = lock_card(question.item_id, by=by, action="see")
    if by.user_id is not None and by.user_id != question.asker_id:
        raise Forbidden(_("Only who has asked can take a question back. Answer it instead."))
    if question.is_open:
        question.settled_at = timezone.now()
        question.save(update_fields=["settled_at"])
        note_event("item.question_closed", item, by=by, question=question.pk)
        _announce(item)
    return question


@transaction.atomic
def tell_late(*, at: datetime | None = None, batch: int = 200) -> int:
    """Tell the asker, and the heads of those asked, of answers that are late; return how many.

    Each question once; records `item.question_late`. Runs each minute in the worker.
    """
    now = at or timezone.now()
    rows = Question.objects.overdue(at=now).filter(late_told_at=None, item__deleted_at=None)
    locked = rows.select_for_update(skip_locked=True, of=("self",))
    late = list(
        locked.select_related(
            "asker__role", "to_user__role", "to_role", "item__pipeline__item_type"
        ).order_by("due_at")[:batch]
    )
    for question in late:
        item = question.item
        asked = _asked_people(question, item)
        heads = {head.pk: head for one in asked if (head := head_of(one.pk)) is not None}
        people = {question.asker_id: question.asker, **heads}
        notices = []
        for person in _who_see(item, people.values()):
            with override(person.language):
                said = _("No answer in time from %(name)s on “%(title)s”: %(text)s") % {
                    "name": question.asked,
                    "title": item.title,
                    "text": question.text[:120],
                }
            notices.append(_notice(person, said, item))
        notify_many(notices)
        question.late_told_at = now
        question.save(update_fields=["late_told_at"])
        note_event("item.question_late", item, by=Actor.system(), question=question.pk)
        _announce(item)
    return len(late)


def _lock(question_id: int) -> Question:
    rows = Question.objects.select_for_update(of=("self",)).select_related("asker__role")
    found = rows.filter(pk=question_id).first()
    if found is None:
        raise NotFound(_("There is no such question."))
    return found


def _too_long() -> str:
    return _("At most %(count)d characters fit here.") % {"count": _LONGEST}


def _addressee(to: str) -> tuple[User | None, Role | None]:
    kind, _colon, rest = to.partition(":")
    if kind == "user" and rest.isdecimal() and len(rest) < 19:
        people = User.objects.select_related("role").filter(is_active=True)
        return people.filter(pk=int(rest)).first(), None
    return None, Role.objects.filter(code=rest).first() if kind == "role" else None


def _of_role(role: Role | None) -> list[User]:
    people = User.objects.select_related("role").filter(role=role, is_active=True)
    return list(people.order_by("pk"))


def _asked_people(question: Question, item: Item) -> list[User]:
    user = question.to_user
    return _who_see(item, [user] if user else _of_role(question.to_role))


def _who_see(item: Item, people: Iterable[User]) -> list[User]:
    """Return the working ones among people who see a card."""
    kind, pipeline = item.pipeline.item_type, item.pipeline
    return [
        one
        for one in people
        if one.is_active and one.access.may("see", kind.code, pipeline.code, owner_id=item.owner_id)
    ]


def _tell(people: Iterable[User], item: Item, text: str, *, but: int, answer: bool) -> None:
    notices = []
    for person in list(people)[:_MOST_TOLD]:
        if person.pk == but:
            continue
        with override(person.language):
            said = (
                _("Answer on “%(title)s”: %(text)s")
                if answer
                else _("Question on “%(title)s”: %(text)s")
            )
            words = said % {"title": item.title, "text": text[:160]}
        notices.append(_notice(person, words, item))
    notify_many(notices)


def _notice(person: User, text: str, item: Item) -> Notice:
    return Notice(person.pk, "question", text, item.pk)


def _announce(item: Item) -> None:
    """Let the feeds of the cards that this one is an element of be read again."""
    parents = ItemLink.objects.filter(child_id=item.pk, kind=ItemLink.Kind.PART)
    ids = list(parents.values_list("parent_id", flat=True))
    announce_changes("item.element_asked", Item.journal_type, ids)
