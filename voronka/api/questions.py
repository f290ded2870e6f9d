"""Questions on cards over HTTP: asked, answered, taken back (SP-4)."""

from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from voronka.api.access import TokenRequest, actor, scope
from voronka.api.answers import REFUSALS
from voronka.api.paging import page
from voronka.api.schemas.activities import QuestionIn, QuestionOut, QuestionPage, WordIn
from voronka.api.schemas.common import Id, In
from voronka.api.writing import answered
from voronka.items.models import Item
from voronka.kernel.errors import NotFound
from voronka.timeline.commands import questions
from voronka.timeline.models import Question

router = Router(tags=["questions"])


class QuestionQuery(In):
    """Filters of the list; all that are given must hold."""

    item_id: Id | None = None
    open: bool | None = None
    mine: bool | None = None
    cursor: str = ""
    limit: int = 50


@router.get("", response={200: QuestionPage, **REFUSALS}, summary="List questions, newest first")
@scope("activities:read")
def list_questions(request: TokenRequest, query: Query[QuestionQuery]) -> QuestionPage:
    """Those on cards that the token's person may see; `mine`: those that this person is asked."""
    seen = Item.objects.visible_to(request.person).values("pk")
    rows = Question.objects.filter(item_id__in=seen)
    if query.item_id is not None:
        rows = rows.filter(item_id=query.item_id)
    if query.open is not None:
        rows = rows.filter(settled_at__isnull=query.open)
    if query.mine:
        rows = rows.asked_of(request.person)
    rows = rows.select_related("to_user", "to_role").prefetch_related("replies")
    limit = max(1, min(query.limit, 200))
    found, cursor = page(rows, cursor=query.cursor, limit=limit)
    return QuestionPage.model_construct(items=[QuestionOut.of(q) for q in found], next=cursor)


@router.get("/{question_id}", response={200: QuestionOut, **REFUSALS}, summary="One question")
@scope("activities:read")
def get_question(request: TokenRequest, question_id: Id) -> QuestionOut:
    """A question with its thread, on a card that the person may see; else 404."""
    return _told(request, question_id)


@router.post("", response={201: QuestionOut, **REFUSALS}, summary="Ask a person or a role")
@scope("activities:write")
def ask(request: TokenRequest, body: QuestionIn) -> Status[object]:
    """On a card that the token's person may see; the person is the one who asks."""
    due = body.due_at
    if timezone.is_naive(due):
        due = timezone.make_aware(due)

    def create() -> QuestionOut:
        asked = questions.ask_question(
            body.item_id, body.text, to=body.to, due_at=due, by=actor(request)
        )
        return _told(request, asked.pk)

    if not Item.objects.visible_to(request.person).filter(pk=body.item_id).exists():
        raise NotFound(_("There is no such card. It may have been deleted."))
    return answered(request, create, status=201)


@router.post(
    "/{question_id}/replies", response={200: QuestionOut, **REFUSALS}, summary="Write an answer"
)
@scope("activities:write")
def reply(request: TokenRequest, question_id: Id, body: WordIn) -> Status[object]:
    """The first word of somebody asked settles the question."""
    _told(request, question_id)

    def write() -> QuestionOut:
        questions.reply(question_id, body.text, by=actor(request))
        return _told(request, question_id)

    return answered(request, write)


@router.post(
    "/{question_id}/close", response={200: QuestionOut, **REFUSALS}, summary="Take a question back"
)
@scope("activities:write")
def close(request: TokenRequest, question_id: Id) -> Status[object]:
    """Only who has asked can; closing twice changes nothing."""
    _told(request, question_id)

    def end() -> QuestionOut:
        questions.close_question(question_id, by=actor(request))
        return _told(request, question_id)

    return answered(request, end)


def _told(request: TokenRequest, question_id: Id) -> QuestionOut:
    seen = Item.objects.visible_to(request.person).values("pk")
    rows = Question.objects.filter(item_id__in=seen).select_related("to_user", "to_role")
    found = rows.prefetch_related("replies").filter(pk=question_id).first()
    if found is None:
        raise NotFound(_("There is no such question."))
    return QuestionOut.of(found)
