"""The pages of distribution: rows of the table, groups, a trial on the past, who waits."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from tests.channels.factories import make_channel, write_in
from tests.factories import SYSTEM, make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.pipelines.models import Source
from voronka.routing.commands import (
    DistributionSpec,
    MemberSpec,
    RuleSpec,
    save_distribution,
    save_rule,
)
from voronka.routing.models import Distribution, RoutingRule

pytestmark = pytest.mark.django_db
NEW = reverse("routing:new_rule")


@pytest.fixture
def browser():
    browser = Browser(headers={"HX-Request": "true"})
    browser.force_login(make_user("owner"))
    return browser


@pytest.fixture
def shop():
    Source.objects.create(code="shop", name="Магазин")
    return make_pipeline(make_item_type("deal"))


def typed(**changes):
    """A row about the source "shop", as the form posts it."""
    condition = {"c.root.kind": "all", "c": "0", "c.0.kind": "fact", "c.0.fact": "source",
                 "c.0.op": "is", "c.0.value": "shop"}  # fmt: skip
    return {"name": "Магазин", "when": "enquiry", "active": "on", **condition, **changes}


def test_a_row_is_written_told_in_words_and_changed(browser, shop):
    assert browser.post(NEW, typed(pipeline=shop.pk)).status_code == 204
    row = RoutingRule.objects.get()
    assert row.condition == {"all": [{"fact": "source", "op": "is", "value": "shop"}]}
    told = browser.get(reverse("routing:index")).context["tables"][0][2][0]
    assert "Магазин" in told.asks
    url = reverse("routing:rule", args=[row.pk])
    tree = browser.get(url).context["form"].tree
    assert tree.rows[0].values == ["shop"]
    browser.post(url, typed(pipeline=shop.pk, name="Иначе"))
    assert RoutingRule.objects.get().name == "Иначе"


def test_an_unfinished_row_is_refused_where_it_is_wrong_and_stays_typed(browser, shop):
    answer = browser.post(NEW, typed(**{"c.0.value": "", "pipeline": shop.pk}))
    assert answer.status_code == 422
    assert answer.context["form"].condition.rows[0].error
    nowhere = browser.post(NEW, typed())
    assert "pipeline" in nowhere.context["form"].errors
    assert nowhere.context["form"].tree.rows[0].values == ["shop"]
    assert not RoutingRule.objects.exists()


def test_the_condition_is_drawn_again_by_its_buttons(browser):
    added = browser.post(reverse("routing:draw"), typed(do="c.add:"))
    assert len(added.context["node"].rows) == 2
    dropped = browser.post(reverse("routing:draw"), typed(do="c.drop:0"))
    assert not dropped.context["node"].rows


def test_rows_are_put_in_order_and_deleted(browser, shop):
    one, two = (save_rule(RuleSpec(n, {}, pipeline_id=shop.pk), by=SYSTEM) for n in "ab")
    browser.post(reverse("routing:order"), {"order": [two.pk, one.pk]})
    assert list(RoutingRule.objects.all()) == [two, one]
    assert browser.post(reverse("routing:order"), {"order": [two.pk]}).status_code == 422
    browser.post(reverse("routing:delete_rule", args=[two.pk]))
    assert list(RoutingRule.objects.all()) == [one]


def test_last_months_enquiries_try_the_table_and_a_row_that_is_not_saved(browser, shop):
    write_in(make_channel())
    url = reverse("routing:trial")
    assert browser.get(url).context["untouched"] == 1
    everything = {"name": "Всё", "when": "enquiry", "pipeline": shop.pk, "c.root.kind": "all"}
    tried = browser.post(url, everything)
    assert [(rule.name, cards) for rule, cards in tried.context["rules"]] == [("Всё", 1)]
    assert len(tried.context["moved"]) == 1
    assert not RoutingRule.objects.exists()
    assert browser.post(url, {"name": ""}).context["unfinished"]


def test_a_group_is_made_of_people_with_limits_and_their_skills_stay(browser):
    anna, boris = make_user(), make_user()
    form = {"name": "Кухни", "duty": anna.pk, "strategy": "least_loaded", "after_hours": "duty",
            "member": [anna.pk, boris.pk], f"capacity-{boris.pk}": "7"}  # fmt: skip
    assert browser.post(reverse("routing:new_group"), form).status_code == 204
    group = Distribution.objects.get()
    assert (group.strategy, group.sticky, group.after_hours) == ("least_loaded", False, "duty")
    assert {m.user_id: m.capacity for m in group.members.all()} == {anna.pk: None, boris.pk: 7}
    skilled = [MemberSpec(anna.pk, sources=["site"], grades=["A"])]
    save_distribution(
        DistributionSpec("Кухни", anna.pk, skilled), by=SYSTEM, distribution_id=group.pk
    )
    browser.post(reverse("routing:group", args=[group.pk]), form | {"member": [anna.pk]})
    member = group.members.get()
    assert (member.sources, member.grades) == (["site"], ["A"])
    refused = browser.post(reverse("routing:new_group"), form | {"name": " "})
    assert refused.status_code == 422
    assert [p.capacity for p in refused.context["people"] if p.user == boris] == ["7"]


def test_what_a_person_takes_is_chosen_on_the_page_and_shown_again(browser, shop):
    anna = make_user()
    form = {"name": "Кухни", "duty": anna.pk, "strategy": "by_turn", "after_hours": "duty",
            "member": [anna.pk], f"skills-{anna.pk}": "1", f"sources-{anna.pk}": ["shop"],
            f"grades-{anna.pk}": ["A", "B"]}  # fmt: skip
    assert browser.post(reverse("routing:new_group"), form).status_code == 204
    member = Distribution.objects.get().members.get()
    assert (member.sources, member.grades, member.products) == (["shop"], ["A", "B"], [])
    url = reverse("routing:group", args=[member.distribution_id])
    [person] = [p for p in browser.get(url).context["people"] if p.user == anna]
    assert person.limits == "Магазин, A, B"
    everything = {k: v for k, v in form.items() if not k.startswith(("sources", "grades"))}
    browser.post(url, everything)
    member.refresh_from_db()
    assert (member.sources, member.grades) == ([], [])


def test_a_card_for_which_nobody_fitted_is_listed_with_the_reason(browser):
    full, duty = make_user(name="Пётр Полный"), make_user()
    group = save_distribution(
        DistributionSpec("Узкая", duty.pk, [MemberSpec(full.pk, grades=["A"])]), by=SYSTEM
    )
    channel = make_channel(distribution_id=group.pk)
    item = write_in(channel).item
    page = browser.get(reverse("routing:unplaced"))
    [(row, [(person, why)])] = page.context["rows"]
    assert (row.item, person) == (item, full)
    assert str(why) in page.content.decode()


def test_the_pages_need_the_right_to_set_up(client, shop):
    row = save_rule(RuleSpec("a", {}, pipeline_id=shop.pk), by=SYSTEM)
    client.force_login(make_user("manager"))
    for name in ("index", "groups", "unplaced", "new_rule", "new_group", "trial"):
        assert client.get(reverse(f"routing:{name}")).status_code == 403
    assert client.post(reverse("routing:delete_rule", args=[row.pk])).status_code == 403
    assert client.post(reverse("routing:order"), {"order": [row.pk]}).status_code == 403
