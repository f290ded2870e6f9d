"""The board in a real browser: drag, drop with a dialog, keyboard, others' moves, a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories import make_field, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_role, make_user
from voronka.items import commands
from voronka.items.models import Item
from voronka.journal.actors import Actor

pytestmark = pytest.mark.browser
SYSTEM = Actor.system()


@pytest.fixture
def boss(live_url):
    return make_user("owner")


@pytest.fixture
def pipeline(boss):
    kind = make_item_type()
    make_field(kind, "budget", "number")
    pipeline = make_pipeline(kind, reasons=True)
    pipeline.stages.filter(code="s3").update(required=["budget"])
    return pipeline


@pytest.fixture
def card(pipeline, boss):
    return make_item(pipeline, owner=boss, title="Кухня с островом")


def opened(page, pipeline):
    """Open a board and wait until its script is at work."""
    page.goto(f"/board/{pipeline.pk}/")
    page.wait_for_function("customElements.get('app-board') !== undefined")
    return page


@pytest.fixture
def board(page, login, boss, card, pipeline):
    login(page, boss)
    return opened(page, pipeline)


def column(page, item, code):
    """The body of a column."""
    return page.locator(f"#column-{stage(item.pipeline, code).pk} .column-body")


def short_title(page, item):
    """Where the title goes in the short form of the first column."""
    first = page.locator(f"#column-{stage(item.pipeline, 's1').pk}")
    return first.get_by_label("Название")


def drag(page, card, target):
    """Drag by the mouse, in steps as a hand does."""
    start, end = card.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 60, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 90, start["y"] + 40, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + min(60, end["height"] / 2), steps=12)
    expect(target.locator(".ghost")).to_have_count(1)  # the slot is shown before one lets go
    page.mouse.up()


def stands_in(item, code):
    return Item.objects.get(pk=item.pk).stage.code == code


def on_board(page, item):
    return page.locator(f"#item-{item.pk}")


def test_a_card_is_dragged_to_the_next_stage_and_taken_back(board, card):
    head = board.locator(f"#head-{stage(card.pipeline, 's2').pk}")
    with board.expect_response("**/move/*") as answer:
        drag(board, on_board(board, card), column(board, card, "s2"))
    assert answer.value.status == 204
    expect(column(board, card, "s2").locator(".board-card")).to_have_count(1)
    expect(head.locator(".count")).to_have_text("1")
    assert stands_in(card, "s2")
    expect(board.locator("#slider-frame")).to_be_hidden()  # a drop is no click
    board.locator(".toast").get_by_role("button", name="Отменить").click()
    expect(column(board, card, "s1").locator(".board-card")).to_have_count(1)
    expect(head.locator(".count")).to_have_text("0")


def test_a_drop_on_a_stage_with_a_required_field_asks_and_a_cancel_puts_it_back(board, card):
    dialog = board.locator("#dialog-frame")
    drag(board, on_board(board, card), column(board, card, "s3"))
    expect(dialog).to_be_visible()
    expect(column(board, card, "s3").locator(".board-card")).to_have_count(1)
    dialog.get_by_role("button", name="Отмена").click()
    expect(column(board, card, "s1").locator(".board-card")).to_have_count(1)
    assert stands_in(card, "s1")
    drag(board, on_board(board, card), column(board, card, "s3"))
    dialog.get_by_label("budget").fill("500")
    board.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(column(board, card, "s3").locator(".board-card:not(.sending)")).to_have_count(1)
    assert stands_in(card, "s3")


# the zones slide in from below: where they are halfway, a column still takes the card
AT_REST = "() => document.querySelector('.drop-zones').getAnimations().length === 0"


def test_a_card_dropped_on_the_zone_of_refusal_leaves_with_its_reason(board, card):
    drag_start = on_board(board, card).bounding_box()
    board.mouse.move(drag_start["x"] + 60, drag_start["y"] + 20)
    board.mouse.down()
    board.mouse.move(drag_start["x"] + 100, drag_start["y"] + 60, steps=5)
    zone = board.locator(".drop-zone.lost")
    expect(zone).to_be_visible()
    board.wait_for_function(AT_REST)
    end = zone.bounding_box()
    board.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=12)
    expect(zone.locator(".ghost")).to_have_count(1)
    board.mouse.up()
    dialog = board.locator("#dialog-frame")
    dialog.get_by_label("Дорого").check()
    dialog.get_by_role("button", name="Закрыть с отказом").click()
    expect(on_board(board, card)).to_have_count(0)
    fold = board.locator(f"#head-{stage(card.pipeline, 'lost').pk}")
    expect(fold.locator(".count")).to_have_text("1")
    fold.click()
    expect(on_board(board, card)).to_be_visible()
    assert stands_in(card, "lost")


def test_cards_are_moved_by_keys_as_well(board, card):
    board.keyboard.press("ArrowDown")
    expect(on_board(board, card).locator(".title")).to_be_focused()
    board.keyboard.press("Shift+ArrowRight")
    expect(column(board, card, "s2").locator(".board-card:not(.sending)")).to_have_count(1)
    expect(on_board(board, card).locator(".title")).to_be_focused()
    board.keyboard.press("m")
    dialog = board.locator("#dialog-frame")
    expect(dialog).to_contain_text("Куда перенести карточку?")
    board.keyboard.press("4")
    expect(dialog.get_by_label("budget")).to_be_focused()
    board.keyboard.press("Escape")
    expect(column(board, card, "s2").locator(".board-card")).to_have_count(1)
    expect(on_board(board, card).locator(".title")).to_be_focused()
    board.keyboard.press("Enter")
    expect(board.locator("#slider-frame")).to_be_visible()


def test_a_card_read_anew_under_the_chooser_keeps_the_focus(board, card):
    board.keyboard.press("ArrowDown")
    board.keyboard.press("m")
    expect(board.locator("#dialog-frame")).to_contain_text("Куда перенести карточку?")
    board.evaluate(
        """id => {
          document.getElementById(`item-${id}`).dataset.old = ""
          const detail = { v: "item.changed", s: "item", i: id }
          document.dispatchEvent(new CustomEvent("live:change", { detail }))
        }""",
        card.pk,
    )
    expect(board.locator("[data-old]")).to_have_count(0)
    board.keyboard.press("2")
    expect(column(board, card, "s2").locator(".board-card:not(.sending)")).to_have_count(1)
    expect(on_board(board, card).locator(".title")).to_be_focused()


def test_what_others_do_arrives_by_itself(board, card, pipeline):
    expect(on_board(board, card)).to_be_visible()
    commands.move_item(card.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    expect(column(board, card, "s2").locator(".board-card")).to_have_count(1)
    other = make_item(pipeline, title="Новая карточка")
    expect(column(board, card, "s1")).to_contain_text("Новая карточка")
    commands.edit_item(other.pk, {"amount": "1500"}, by=SYSTEM)
    expect(on_board(board, other).locator(".amount")).to_contain_text("500")
    commands.delete_item(other.pk, by=SYSTEM)
    expect(on_board(board, other)).to_have_count(0)


def test_a_card_is_added_in_place_and_stands_in_its_column(board, card):
    board.get_by_role("button", name="Быстро добавить").click()
    expect(short_title(board, card)).to_be_focused()
    board.keyboard.type("Шкаф")
    board.keyboard.press("Enter")
    expect(column(board, card, "s1").locator(".board-card")).to_have_count(2)
    expect(short_title(board, card)).to_be_focused()
    expect(short_title(board, card)).to_have_value("")
    board.keyboard.press("Escape")
    expect(short_title(board, card)).to_be_hidden()
    expect(board.get_by_role("button", name="Быстро добавить")).to_be_focused()


def test_a_card_that_comes_meanwhile_leaves_the_short_form_as_typed(board, card, pipeline):
    board.wait_for_function("!document.querySelector('.live-state').classList.contains('offline')")
    board.get_by_role("button", name="Быстро добавить").click()
    expect(short_title(board, card)).to_be_focused()
    board.keyboard.type("Шкаф")
    tell = "id => document.dispatchEvent(new CustomEvent('live:change', {detail: id}))"
    other = make_item(pipeline, title="Новая карточка")
    board.evaluate(tell, {"v": "pipeline.changed", "s": "pipeline", "i": pipeline.pk})
    board.evaluate(tell, {"v": "item.created", "s": "item", "i": other.pk, "p": pipeline.pk})
    expect(column(board, card, "s1")).to_contain_text("Новая карточка")
    expect(short_title(board, card)).to_have_value("Шкаф")


def test_a_phone_shows_one_column_and_moves_a_card_by_its_button(phone, login, boss, card):
    login(phone, boss)
    opened(phone, card.pipeline)
    first, second = (phone.locator(f"#column-{stage(card.pipeline, c).pk}") for c in ("s1", "s2"))
    expect(first).to_be_in_viewport(ratio=0.5)
    expect(second).not_to_be_in_viewport(ratio=0.2)
    chip = phone.locator(".stage-switcher").get_by_role("button", name=re.compile("Этап 2"))
    on_board(phone, card).locator(".card-move").tap()
    phone.locator("#dialog-frame").get_by_role("button", name=re.compile("Этап 2")).tap()
    expect(chip.locator(".count")).to_have_text("1")
    chip.tap()
    expect(on_board(phone, card)).to_be_in_viewport()
    expect(chip).to_have_attribute("aria-current", "")
    wide = phone.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide


def test_a_finger_drags_a_card_to_the_next_stage(phone, login, boss, card):
    login(phone, boss)
    opened(phone, card.pipeline)
    touch = phone.context.new_cdp_session(phone)

    def finger(kind, *points):
        where = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    box = on_board(phone, card).bounding_box()
    x, y = box["x"] + 80, box["y"] + 20
    finger("touchStart", (x, y))
    expect(phone.locator(".board-card.lifted")).to_be_visible()  # it was held long enough
    for step in range(1, 8):
        finger("touchMove", (x, y + 12 * step))
    zone = phone.locator(".drop-zone.next")
    expect(zone).to_contain_text("Этап 2")
    end = zone.bounding_box()
    for step in range(1, 6):
        finger("touchMove", (end["x"] + 20 * step, end["y"] + 20))
    expect(zone.locator(".ghost")).to_have_count(1)
    with phone.expect_response("**/move/*"):
        finger("touchEnd")
    expect(column(phone, card, "s2").locator(".board-card:not(.sending)")).to_have_count(1)
    assert stands_in(card, "s2")


def test_coming_back_finds_the_place_in_a_long_column(board, card, pipeline, boss):
    for _ in range(60):
        make_item(pipeline, owner=boss)
    board.reload()
    body = column(board, card, "s1")
    expect(body.locator(".board-card")).to_have_count(25)
    for cards in (50, 61):
        body.evaluate("list => list.scrollTo(0, list.scrollHeight)")
        expect(body.locator(".board-card")).to_have_count(cards)
    place = body.evaluate("list => list.scrollTop")
    board.goto("/account/profile/")
    board.go_back()
    expect(body.locator(".board-card")).to_have_count(61)
    board.wait_for_function(
        "place => Math.abs(document.querySelector('.column-body').scrollTop - place) < 40",
        arg=place,
    )


def test_a_filter_changes_the_board_in_place_and_back_takes_it_off(board, card, pipeline):
    other = make_item(pipeline, title="Чужая карточка")
    board.reload()
    expect(on_board(board, other)).to_be_visible()
    board.get_by_role("button", name="Мои", exact=True).click()
    expect(on_board(board, other)).to_have_count(0)
    expect(board).to_have_url(re.compile("mine=1"))
    with board.expect_response("**/move/*"):
        drag(board, on_board(board, card), column(board, card, "s2"))
    expect(column(board, card, "s2").locator(".board-card:not(.sending)")).to_have_count(1)
    board.go_back()
    expect(on_board(board, other)).to_be_visible()


def test_whom_the_filter_names_is_written_in_one_line(board, boss, pipeline):
    board.goto(f"/board/{pipeline.pk}/?owner={boss.pk}")
    board.get_by_role("button", name="Фильтр", exact=True).click()
    chosen = board.locator("#dialog-frame .ts-control > .item").first
    expect(chosen).to_contain_text(str(boss))
    spilled = chosen.evaluate("chip => chip.scrollWidth - chip.clientWidth")
    assert spilled <= 1


def test_several_cards_are_picked_and_dragged_together(board, card, boss, pipeline):
    others = [make_item(pipeline, owner=boss, title=f"Шкаф {n}") for n in (1, 2)]
    first, second, third = (on_board(board, item) for item in (*others, card))
    expect(first).to_be_visible()  # it came by itself
    expect(second).to_be_visible()
    second.click(modifiers=["Shift"])
    third.click(modifiers=["Shift"])  # all between the two
    bar = board.locator("app-board > .bulk-bar")
    expect(bar.locator("[data-picked]")).to_have_text("3")
    first.click()  # while some are picked, a click drops one
    expect(bar.locator("[data-picked]")).to_have_text("2")
    expect(board.locator("#slider-frame")).to_be_hidden()
    drag(board, second, column(board, card, "s2"))
    dialog = board.locator("#dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Перенести 2 карточки")
    assert stands_in(card, "s1")  # nothing happens before one agrees
    dialog.locator("[name=go]").click()
    expect(dialog).to_contain_text("Сделано: 2")
    expect(column(board, card, "s2").locator(".board-card")).to_have_count(2)
    expect(bar).to_be_hidden()
    assert (stands_in(card, "s2"), stands_in(others[1], "s2")) == (True, True)
    assert stands_in(others[0], "s1")


def test_cards_are_picked_by_keys_and_let_go(board, card):
    board.keyboard.press("ArrowDown")
    board.keyboard.press("x")
    bar = board.locator("app-board > .bulk-bar")
    expect(bar.locator("[data-picked]")).to_have_text("1")
    expect(on_board(board, card)).to_have_class(re.compile("selected"))
    board.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(on_board(board, card)).not_to_have_class(re.compile("selected"))


def test_who_may_only_look_picks_nothing(page, login, card, pipeline):
    viewer = make_user(make_role(matrix={"*": {"see": "all"}}))
    login(page, viewer)
    opened(page, pipeline)
    on_board(page, card).click(modifiers=["Shift"])
    expect(page.locator(".board-card.selected")).to_have_count(0)
    expect(page.locator(".bulk-bar")).to_have_count(0)
