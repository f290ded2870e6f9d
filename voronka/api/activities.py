"""Tasks, calls and meetings over HTTP."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from voronka.api.access import TokenRequest, actor, scope
from voronka.api.answers import REFUSALS
from voronka.api.paging import page
from voronka.api.schemas.activities import ActivityIn, ActivityOut, ActivityPage, DoneIn
from voronka.api.schemas.common import Id, In
from voronka.api.writing import answered
from voronka.clients.models import Client
from voronka.items.models import Item
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.timeline.commands.activities import Plan, finish_activity, plan_activity
from voronka.timeline.models import Activity

router = Router(tags=["activities"])


class ActivityQuery(In):
    """Filters of the list; all that are given must hold."""

    item_id: Id | None = None
    client_id: Id | None = None
    owner_id: Id | None = None
    planned: bool | None = None
    overdue: bool | None = None
    cursor: str = ""
    limit: int = 50


def _visible(request: TokenRequest) -> Any:
    """One's own, and those on cards and clients that one may see."""
    person = request.person
    return Activity.objects.filter(
        Q(owner_id=person.pk)
        | Q(item_id__in=Item.objects.visible_to(person).values("pk"))
        | Q(client_id__in=Client.objects.visible_to(person).values("pk"))
    )


@router.get("", response={200: ActivityPage, **REFUSALS}, summary="List activities, newest first")
@scope("activities:read")
def list_activities(request: TokenRequest, query: Query[ActivityQuery]) -> ActivityPage:
    """Planned and finished work on what the token's person may see."""
    rows = _visible(request)
    wanted = {
        "item_id": query.item_id,
        "client_id": query.client_id,
        "owner_id": query.owner_id,
        "done_at__isnull": query.planned,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if query.overdue is not None:
        late = Q(done_at=None, due_at__lt=timezone.now())
        rows = rows.filter(late if query.overdue else ~late)
    limit = max(1, min(query.limit, 200))
    found, cursor = page(rows, cursor=query.cursor, limit=limit)
    return ActivityPage.model_construct(items=[ActivityOut.of(a) for a in found], next=cursor)


def _activity(request: TokenRequest, activity_id: Id) -> Activity:
    found: Activity | None = _visible(request).filter(pk=activity_id).first()
    if found is None:
        raise NotFound(_("There is no such activity. It may have been deleted."))
    return found


@router.get("/{activity_id}", response={200: ActivityOut, **REFUSALS}, summary="One activity")
@scope("activities:read")
def get_activity(request: TokenRequest, activity_id: Id) -> ActivityOut:
    """An activity that the person may see; else 404."""
    return ActivityOut.of(_activity(request, activity_id))


@router.post("", response={201: ActivityOut, **REFUSALS}, summary="Plan an activity")
@scope("activities:write")
def create_activity(request: TokenRequest, body: ActivityIn) -> Status[object]:
    """On a card (`item_id`) or for a client (`client_id`)."""
    if (body.item_id is None) == (body.client_id is None):
        raise InvalidInput(
            _("Name either a card or a client."),
            fields={"item_id": _("Give item_id or client_id.")},
        )
    person = request.person
    if body.item_id and not Item.objects.visible_to(person).filter(pk=body.item_id).exists():
        raise NotFound(_("There is no such card. It may have been deleted."))
    if body.client_id and not Client.objects.visible_to(person).filter(pk=body.client_id).exists():
        raise NotFound(_("There is no such client. It may have been deleted."))
    plan = Plan(
        kind=body.kind,
        title=body.title,
        due_at=_aware(body.due_at),
        text=body.text,
        remind_at=_aware(body.remind_at),
    )

    def create() -> ActivityOut:
        made = plan_activity(
            plan,
            by=actor(request),
            item_id=body.item_id,
            client_id=body.client_id,
            owner_id=body.owner_id,
        )
        return ActivityOut.of(made)

    return answered(request, create, status=201)


def _aware(moment: datetime | None) -> datetime | None:
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment


@router.post(
    "/{activity_id}/done", response={200: ActivityOut, **REFUSALS}, summary="Finish an activity"
)
@scope("activities:write")
def finish(request: TokenRequest, activity_id: Id, body: DoneIn) -> Status[object]:
    """With its outcome; finishing twice changes nothing."""
    activity = _activity(request, activity_id)
    come = body.then
    then = Plan(come.kind, come.title, _aware(come.due_at), come.text) if come else None

    def done() -> ActivityOut:
        ended = finish_activity(
            activity.pk,
            outcome=body.outcome,
            result=body.result,
            answer=body.answer,
            by=actor(request),
            then=then,
        )
        return ActivityOut.of(ended)

    return answered(request, done)
