"""Searching cards and clients, within rights."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clients.factories import SYSTEM, make_client
from tests.factories import make_item, make_pipeline
from tests.people.factories import make_role, make_user
from voronka.clients.commands import delete_client, merge_clients
from voronka.items.commands import delete_item, edit_item, win_item
from voronka.search.queries import search

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return make_user("owner")


def cards(user, text):
    return [hit.item for hit in search(user, text).cards]


def clients(user, text):
    return [hit.client for hit in search(user, text).clients]


@pytest.mark.parametrize(
    "typed",
    [
        "кухня",
        "ухн",
        "КУХ угл",
        "кухни",  # morphology
        "re[yz",  # wrong layout
        "kuhnya uglovaya",  # transliteration
        "ель",  # ё = е
        "Z-77",
    ],
)
def test_a_card_is_found_by_any_piece_of_its_title(boss, typed):
    item = make_item(title="Кухня угловая, ёль Z-77")
    make_item(title="Шкаф")
    assert cards(boss, typed) == [item]


@pytest.mark.parametrize(
    "typed", ["916123", "(916) 123", "8 916 123", "+7916", "45-67", "1234567", "89161234567"]
)
def test_a_client_is_found_by_any_piece_of_a_phone(boss, typed):
    client = make_client("Anna", phones=("+7 916 123-45-67",))
    make_client("Maria", phones=("+7 495 765 43 21",))
    [hit] = search(boss, typed).clients
    assert (hit.client, hit.reason.kind) == (client, "phone")
    digits = "".join(c for c in hit.reason.match if c.isdigit())
    assert digits
    assert hit.reason.before + hit.reason.match + hit.reason.after == "+7 916 123-45-67"


@pytest.mark.parametrize(
    ("typed", "kind"),
    [("ivanov", "name"), ("иванов", "name"), ("anna@firm", "email"), ("7707083", "inn")],
)
def test_a_client_is_found_by_name_address_and_taxpayer_number(boss, typed, kind):
    client = make_client(
        "Иванова Анна", emails=("anna@firm.ru",), accounts=("@anka",), inn="7707083893"
    )
    [hit] = search(boss, typed).clients
    assert (hit.client, hit.reason.kind) == (client, kind)


def test_a_namesake_stands_before_a_patronymic_which_is_shown_as_the_reason(boss):
    parts = {"first_name": "Александр", "last_name": "Кузнецов", "patronymic": "Иванович"}
    son = make_client("Александр Кузнецов", **parts)
    ivanov = make_client("Пётр Иванов")
    first, second = search(boss, "bdfyjd").clients
    assert [first.client, second.client] == [ivanov, son]
    assert (second.reason.match, second.reason.text) == ("Иванов", "Кузнецов Александр Иванович")


def test_a_card_is_found_by_its_number_with_and_without_prefix(boss):
    item = make_item()
    kind = item.pipeline.item_type
    kind.prefix = "D"
    kind.save()
    for typed in (str(item.pk), f"D-{item.pk}", f"d{item.pk}", f"№ {item.pk}", f"в-{item.pk}"):
        assert search(boss, typed).cards[0].reason.kind == "number", typed


def test_cards_of_a_found_client_come_along(boss):
    client = make_client("Анна", phones=("+7 916 123-45-67",))
    item = make_item(title="Шкаф", contact=client.pk)
    [hit] = search(boss, "916123").cards
    assert (hit.item, hit.reason.kind) == (item, "client")


def test_beginnings_come_before_middles_and_open_before_closed(boss):
    pipeline = make_pipeline(stages=1)
    middle = make_item(pipeline, title="Подстолье")
    closed = make_item(pipeline, title="Стол дубовый")
    win_item(closed.pk, by=SYSTEM)
    word = make_item(pipeline, title="Обеденный стол")
    begins = make_item(pipeline, title="Стол")
    assert cards(boss, "стол") == [begins, closed, word, middle]


def test_an_exact_name_is_not_drowned_in_its_stem(boss):
    for number in range(3):
        make_client(f"Иван {number}")
    wanted = make_client("Иванов Пётр")
    assert clients(boss, "иванов") == [wanted]
    assert clients(boss, "bdfyjd") == [wanted]


def test_an_ending_is_left_off_only_at_the_beginning_of_a_word(boss):
    make_client("Анна Ивановна Каменева")
    make_client("Новиков Кантемир")
    make_item(title="Инновация касс")
    item = make_item(title="Новый каталог")
    assert [c.name for c in clients(boss, "новая ка")] == ["Новиков Кантемир"]
    assert cards(boss, "новая ка") == [item]


def test_what_is_deleted_or_merged_is_not_found(boss):
    item, client, absorbed = make_item(title="Шкаф"), make_client("Шкафов"), make_client("Шкафова")
    merge_clients(client.pk, absorbed.pk, by=SYSTEM)
    assert clients(boss, "шкаф") == [client]
    delete_item(item.pk, by=SYSTEM)
    delete_client(client.pk, by=SYSTEM)
    assert not search(boss, "шкаф")


def test_a_new_title_is_found_and_the_old_one_is_not(boss):
    item = make_item(title="Шкаф")
    edit_item(item.pk, {"title": "Комод"}, by=SYSTEM)
    assert cards(boss, "комод") == [item]
    assert cards(boss, "шкаф") == []


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_manager_never_finds_anothers_card_by_any_fragment(data, db):
    seller = make_user(make_role(matrix={"*": {"see": "own"}}))
    title, phone = "Секретная кухня Secret 1042", "+79161234567"
    client = make_client("Тайный Клиент", phones=(phone,), emails=("secret@example.com",))
    item = make_item(title=title, contact=client.pk)
    source = data.draw(st.sampled_from([title, phone, client.name, "secret@example.com"]))
    start = data.draw(st.integers(0, len(source) - 1))
    end = data.draw(st.integers(start + 1, len(source)))
    assert not search(seller, source[start:end])
    assert not search(seller, str(item.pk))


def test_a_search_of_the_owner_takes_few_queries(boss, django_assert_max_num_queries):
    client = make_client("Иванов", phones=("+79161234567",))
    make_item(title="Кухня для Иванова", contact=client.pk)
    assert boss.access
    with django_assert_max_num_queries(11):
        assert search(boss, "иванов").cards
    with django_assert_max_num_queries(7):
        assert search(boss, "9161").clients


@given(text=st.text(max_size=60))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_typed_text_breaks_the_search(text, db):
    search(make_user("owner"), text)
