"""What a table of the archive is, and the tables that are the database's own, renamed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from voronka.automation.models import LossVerdict
from voronka.channels.models import Channel
from voronka.clients.models import ClientLink, ContactPoint, Exclusion
from voronka.items.models import (
    Attachment,
    ClockChange,
    ItemLink,
    LineItem,
    SourceCost,
    StageVisit,
    Touch,
)
from voronka.journal.models import Event
from voronka.kernel.texts import LocalText
from voronka.people.models import Absence, User
from voronka.pipelines.models import Field, LossReason, Stage
from voronka.products.models import Product
from voronka.timeline.models import Activity, Conversation, Message, Note, Question, Reply

CHUNK = 2000  # rows read at once, through a cursor of the server


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `words` gives what people read in the CSV where the JSON keeps a code."""

    code: str
    words: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the archive: csv/<path>.csv and json/<path>.jsonl.

    Attributes:
        about: what a row is, for the README.
        rows: reads the table anew, row by row, in the order of `columns`.
    """

    path: str
    about: LocalText
    columns: Sequence[Column]
    rows: Callable[[], Iterator[Sequence[Any]]]
    count: Callable[[], int]


def of(path: str, ru: str, en: str, rows: QuerySet[Any, Any], columns: str, **named: str) -> Table:
    """Make a table out of columns of the database.

    Args:
        columns: names of fields, by spaces; they keep their names.
        named: column of the archive -> field of the database, where they differ.
    """
    fields = {name: name for name in columns.split()} | named
    ordered = rows.order_by("pk").values_list(*fields.values())
    return Table(
        path,
        LocalText(ru, en),
        [Column(code) for code in fields],
        lambda: iter(ordered.iterator(chunk_size=CHUNK)),
        rows.count,
    )


def chunks(rows: QuerySet[Model, Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """Read rows a piece at a time, so that what belongs to a piece is looked up at once."""
    piece: list[Any] = []
    for row in rows.iterator(chunk_size=size):
        piece.append(row)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece


def plain_tables() -> Iterable[Table]:
    """Return the tables that are the database's own: no password, key or token is among them."""
    yield of(
        "people/users",
        "Сотрудники. Паролей, ключей и сессий здесь нет.",
        "Employees. No passwords, keys or sessions are here.",
        User.objects.all(),
        "id email name phone language time_zone is_active dismissed_at created_at",
        role="role__code",
        department="department__code",
        department_name="department__name",
    )
    yield of(
        "people/absences",
        "Отпуска и болезни сотрудников.",
        "When employees are away.",
        Absence.objects.all(),
        "id starts_at ends_at reason",
        user="user__email",
        substitute="substitute__email",
    )
    yield of(
        "setup/stages",
        "Этапы воронок: коды и названия (вся настройка — в blueprint.yaml).",
        "Stages of the funnels: codes and names (the whole set-up is in blueprint.yaml).",
        Stage.objects.all(),
        "id code name kind position",
        pipeline="pipeline__code",
        pipeline_name="pipeline__name",
        type="pipeline__item_type__code",
    )
    yield of(
        "setup/fields",
        "Поля карточек и клиентов: коды, названия, варианты списков.",
        "Fields of cards and clients: codes, names, options of lists.",
        Field.objects.all(),
        "id code name kind options formula archived",
        type="item_type__code",
    )
    yield of(
        "setup/loss_reasons",
        "Причины отказа.",
        "Loss reasons.",
        LossReason.objects.all(),
        "id code name target archived",
        pipeline="pipeline__code",
        parent="parent__code",
    )
    yield of(
        "setup/channels",
        "Каналы: откуда приходят заявки. Без настроек и секретов.",
        "Channels: where enquiries come in. Without settings and secrets.",
        Channel.objects.all(),
        "id code name provider active created_at archived_at",
    )
    yield of(
        "setup/source_costs",
        "Затраты на источники.",
        "What sources cost.",
        SourceCost.objects.all(),
        "id campaign first_day last_day amount",
        source="source__code",
    )
    yield of(
        "products",
        "Прайс-лист.",
        "The price list.",
        Product.objects.all(),
        "id code name group unit price archived",
    )
    yield from _of_clients()
    yield from _of_cards()
    yield from _of_timeline()
    yield of(
        "journal",
        "Журнал: всё, что произошло, строка за строкой; diff — подробности в JSON.",
        "The journal: everything that happened, row by row; diff has the details as JSON.",
        Event.objects.all(),
        "id at recorded_at verb subject_type subject_id pipeline_id "
        "actor_kind actor_user_id actor_name diff",
    )


def _of_clients() -> Iterable[Table]:
    yield of(
        "clients/contact_points",
        "Телефоны, адреса почты и аккаунты клиентов.",
        "Phones, e-mails and messenger accounts of clients.",
        ContactPoint.objects.all(),
        "id client_id kind value raw extension label position",
    )
    yield of(
        "clients/links",
        "Кто в какой компании работает.",
        "Which person belongs to which company.",
        ClientLink.objects.all(),
        "id person_id company_id role",
    )
    yield of(
        "clients/exclusions",
        "Исключения: от кого карточки не заводятся.",
        "Exclusions: from whom no cards are made.",
        Exclusion.objects.all(),
        "id identity_kind identity_value reason comment client_id created_at until lifted_at",
    )


def _of_cards() -> Iterable[Table]:
    yield of(
        "cards/stage_visits",
        "Путь карточек: когда вошла в этап, когда вышла, кто был ответственным.",
        "The way of the cards: when each came to a stage and left it, and who was responsible.",
        StageVisit.objects.all(),
        "id item_id entered_at left_at owner_id by_user_id how jump correction",
        pipeline="pipeline__code",
        stage="stage__code",
        overdue_seconds="overdue",
    )
    yield of(
        "cards/lines",
        "Товары и услуги в карточках.",
        "Products and services in cards.",
        LineItem.objects.all(),
        "id item_id name quantity price discount position",
        product="product__code",
    )
    yield of(
        "cards/links",
        "Связи карточек между собой (лид → сделка и другие).",
        "Links between cards (lead → deal and others).",
        ItemLink.objects.all(),
        "id parent_id child_id kind created_at",
    )
    yield of(
        "cards/touches",
        "Обращения клиента по карточке: источник, метки UTM, страница.",
        "Each time a client turned to us about a card: source, UTM marks, page.",
        Touch.objects.all(),
        "id item_id at utm page referer channel_id deciding",
        source="source__code",
    )
    yield of(
        "cards/clock_changes",
        "Продления и паузы сроков этапов.",
        "Prolonged and paused clocks of stages.",
        ClockChange.objects.all(),
        "id item_id kind reason by_user_id at until ended_at",
        stage="stage__code",
        amount_seconds="amount",
    )
    yield of(
        "cards/loss_verdicts",
        "Проверки отказов.",
        "Losses that were checked.",
        LossVerdict.objects.all(),
        _columns(LossVerdict),
    )


def _of_timeline() -> Iterable[Table]:
    yield of(
        "timeline/notes",
        "Заметки в карточках и у клиентов.",
        "Notes in cards and at clients.",
        Note.objects.all(),
        "id item_id client_id text pinned created_at edited_at deleted_at",
        author="author__email",
    )
    yield of(
        "timeline/activities",
        "Задачи, звонки и встречи.",
        "Tasks, calls and meetings.",
        Activity.objects.all(),
        "id kind item_id client_id title text due_at minutes done_at outcome answer result "
        "created_by_id created_at",
        owner="owner__email",
    )
    yield of(
        "timeline/questions",
        "Вопросы по карточкам: кому и к какому времени.",
        "Questions on cards: to whom, and by when.",
        Question.objects.all(),
        "id item_id text to_name due_at asked_at settled_at answered",
        asker="asker__email",
        to_user="to_user__email",
    )
    yield of(
        "timeline/replies",
        "Ответы на вопросы.",
        "Answers to questions.",
        Reply.objects.all(),
        "id question_id text at",
        author="author__email",
    )
    yield of(
        "timeline/conversations",
        "Переписки с клиентами.",
        "Conversations with clients.",
        Conversation.objects.all(),
        "id client_id item_id channel_id subject waiting_since last_at created_at closed_at "
        "merged_into_id",
        owner="owner__email",
    )
    yield of(
        "timeline/messages",
        "Сообщения переписок, все каналы.",
        "Messages of the conversations, of all channels.",
        Message.objects.all(),
        "id conversation_id direction channel_id provider author_name identity_kind "
        "identity_value subject text html reply_to_id automatic state error at sent_at "
        "delivered_at read_at meta",
        author="author__email",
    )
    yield of(
        "timeline/message_files",
        "Какие файлы в каком сообщении.",
        "Which files are in which message.",
        Message.attachments.through.objects.all(),
        "id message_id attachment_id",
    )
    yield of(
        "timeline/note_files",
        "Какие файлы в какой заметке.",
        "Which files are in which note.",
        Note.attachments.through.objects.all(),
        "id note_id attachment_id",
    )


def attachments() -> QuerySet[Attachment]:
    """Return the files that belong into the archive."""
    return Attachment.objects.filter(deleted_at=None).exclude(file="").order_by("pk")


def _columns(model: type[Model]) -> str:
    """Name all columns of a table whose columns are all plain."""
    return " ".join(f.attname for f in model._meta.concrete_fields)
