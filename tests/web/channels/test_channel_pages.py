"""The pages of channels: listed with what is wrong, connected, changed, tried, put away."""

import json
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from tests.channels.factories import SYSTEM, make_channel, write_in
from tests.factories import make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.channels.commands import ChannelSpec, note_problem, settle_channel
from voronka.channels.facts import facts_of
from voronka.channels.models import Channel
from voronka.channels.queries import repeat_rules
from voronka.channels.rules import Repeat
from voronka.items.models import Item
from voronka.routing.commands import DistributionSpec, save_distribution

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return make_user("owner")


@pytest.fixture
def browser(boss):
    browser = Browser(headers={"HX-Request": "true"})
    browser.force_login(boss)
    return browser


def listed(browser):
    return {one.channel.name: one for one in browser.get(reverse("channels:index")).context["rows"]}


def typed(channel, **changes):
    plain = {
        "name": channel.name,
        "pipeline": channel.pipeline_id,
        "to": f"user:{channel.owner_id}",
    }
    return {**plain, "set-colour": "white", **changes}


def test_the_list_says_of_each_channel_how_it_is_doing(browser):
    make_channel(name="Fresh")
    broken, silent = make_channel(name="Broken"), make_channel(name="Silent")
    note_problem(broken.pk, "The password does not fit.")
    long_ago = timezone.now() - timedelta(days=60)
    Channel.objects.filter(pk=silent.pk).update(
        last_received_at=long_ago, usual_pause=timedelta(hours=2)
    )
    make_channel(make_pipeline(make_item_type("deal")), name="Shop")
    off = make_channel(name="Off")
    browser.post(reverse("channels:switch", args=[off.pk, "off"]))
    rows = listed(browser)
    looks = {name: one.look for name, one in rows.items()}
    assert looks == {"Fresh": "line", "Broken": "red", "Silent": "amber", "Shop": "line",
                     "Off": "line"}  # fmt: skip
    assert rows["Broken"].why == "The password does not fit."
    assert (rows["Fresh"].row.with_leads, rows["Shop"].row.with_leads) == (True, False)


def test_a_channel_is_connected_with_the_settings_of_its_kind(browser):
    pipeline, who = make_pipeline(make_item_type("lead")), make_user()
    group = save_distribution(DistributionSpec("Sellers", who.pk), by=SYSTEM)
    url = reverse("channels:new", args=["paper"])
    fields = browser.get(url).context["form"].fields
    assert [n for n in fields if n.startswith("set-")] == ["set-colour", "set-password"]
    form = {"name": "Post", "pipeline": pipeline.pk, "to": f"group:{group.pk}", "pause": "1.5",
            "set-colour": "blue", "set-password": "s3cret", "in_slider": "1"}  # fmt: skip
    answer = browser.post(url, form)
    made = Channel.objects.get()
    opened = json.loads(answer["HX-Trigger"])["slider:open"]["url"]
    assert opened == reverse("channels:show", args=[made.pk])
    assert (made.distribution, made.owner, made.usual_pause) == (group, None, timedelta(hours=1.5))
    assert facts_of(made).settings.password.get_secret_value() == "s3cret"


def test_what_a_kind_asks_for_begins_empty(browser):
    shown = browser.get("/setup/channels/new/mail/").context["form"]
    assert shown["set-address"].value() is None


def test_a_secret_is_never_shown_and_an_empty_one_is_kept(browser):
    channel = make_channel(settings={"password": "s3cret-word"})
    page = browser.get(reverse("channels:show", args=[channel.pk])).content.decode()
    assert "s3cret-word" not in page
    answer = browser.post(
        reverse("channels:save", args=[channel.pk]), typed(channel, **{"set-colour": "red"})
    )
    channel.refresh_from_db()
    assert answer.status_code == 200
    assert facts_of(channel).settings.colour == "red"
    assert facts_of(channel).settings.password.get_secret_value() == "s3cret-word"


def test_what_is_refused_stands_at_its_field_and_what_was_typed_stays(browser):
    channel = make_channel()
    answer = browser.post(
        reverse("channels:save", args=[channel.pk]), typed(channel, name=" ", pause="often")
    )
    assert answer.status_code == 422
    form = answer.context["form"]
    assert set(form.errors) == {"name", "pause"}
    assert form["pause"].value() == "often"


def test_trying_a_channel_tells_whose_the_card_was_and_leaves_no_card(browser):
    channel = make_channel(owner=make_user(name="Анна Лебедева"))
    page = browser.post(reverse("channels:try", args=[channel.pk])).content.decode()
    assert "Анна Лебедева" in page
    assert not Item.objects.alive().exists()
    nowhere = make_channel()
    Channel.objects.filter(pk=nowhere.pk).update(pipeline=None)
    answer = browser.post(reverse("channels:try", args=[nowhere.pk]))
    assert answer.context["trial"].ok is False
    assert str(answer.context["trial"].problem) in answer.content.decode()


def test_only_who_has_the_right_control_sees_what_came_in(client, browser):
    channel = make_channel()
    write_in(channel, name="Пётр Секретов")
    url = reverse("channels:show", args=[channel.pk])
    assert len(browser.get(url).context["last"]) == 1
    marketer = make_user("marketer")
    marketer.role.rights = ["setup"]
    marketer.role.save(update_fields=["rights"])
    client.force_login(marketer)
    page = client.get(url)
    assert "last" not in page.context
    assert "Секретов" not in page.content.decode()


def test_the_archive_leaves_the_list_and_gives_back(browser):
    channel = make_channel(settings={"password": "s3cret-word"})
    browser.post(reverse("channels:archive", args=[channel.pk]), {"in_slider": "1"})
    page = browser.get(reverse("channels:index"))
    assert [one.channel for one in page.context["archived"]] == [channel]
    shown = browser.get(reverse("channels:show", args=[channel.pk]))
    assert "form" not in shown.context
    back = reverse("channels:restore", args=[channel.pk])
    assert back in shown.content.decode()
    answer = browser.post(back, {"in_slider": "1"})
    said = json.loads(answer["HX-Trigger"])
    assert said["slider:open"]["url"] == reverse("channels:show", args=[channel.pk])
    assert listed(browser)[channel.name].look == "line"  # off: its password was forgotten
    assert browser.post(reverse("channels:restore", args=[0])).status_code == 404


def test_a_funnels_rule_for_repeat_enquiries_is_told_and_kept(browser):
    pipeline = make_pipeline(make_item_type("lead"))
    url = reverse("channels:repeat", args=[pipeline.pk])
    rule = {"when_open": "join", "join_within": "30", "when_lost": "return", "return_within": ""}
    assert browser.post(url, rule | {"join_within": "-1"}).status_code == 422
    assert browser.post(url, rule).status_code == 204
    kept = Repeat("join", timedelta(days=30), "return", None, False, None)
    assert repeat_rules() == {pipeline.pk: kept}
    row = browser.get(reverse("channels:repeats")).context["rows"][0]
    assert row.own
    assert "30" in row.words[0]


def test_the_pages_need_the_right_to_set_up(client):
    channel = make_channel()
    client.force_login(make_user("manager"))
    assert client.get(reverse("channels:index")).status_code == 403
    assert client.get(reverse("channels:show", args=[channel.pk])).status_code == 403
    assert client.post(reverse("channels:switch", args=[channel.pk, "off"])).status_code == 403
    assert client.post(reverse("channels:try", args=[channel.pk])).status_code == 403


def test_the_list_takes_a_constant_number_of_queries(browser, django_assert_max_num_queries):
    for _number in range(8):
        make_channel(make_pipeline(make_item_type("lead")))
    browser.get(reverse("channels:index"))
    with django_assert_max_num_queries(13):
        browser.get(reverse("channels:index"))


def test_a_channel_that_came_without_its_password_says_so_and_is_switched_on_when_it_is_typed(
    browser,
):
    funnel = make_pipeline(make_item_type("lead"))
    plain = {"address": "sales@yandex.ru", "imap_host": "imap.yandex.ru"}
    spec = ChannelSpec("Post", plain, funnel.pk)
    mailbox = settle_channel("post", "mail", spec, by=SYSTEM)
    switch = reverse("channels:switch", args=[mailbox.pk, "on"])
    page = browser.get(reverse("channels:show", args=[mailbox.pk]))
    assert page.context["shown"].word == "Нужен пароль"
    assert switch not in page.content.decode()
    assert browser.post(switch).status_code == 422
    save = reverse("channels:save", args=[mailbox.pk])
    known = typed(mailbox, to="") | {f"set-{name}": value for name, value in plain.items()}
    known |= {f"set-{name}": "ssl" for name in ("imap_security", "smtp_security")}
    known |= {"set-folder": "INBOX", "set-imap_port": 0, "set-smtp_port": 0, "set-from_days": 0}
    assert browser.post(save, known).status_code == 422  # still without the password
    assert browser.post(save, {**known, "set-password": "secret"}).status_code == 200
    assert switch in browser.get(reverse("channels:show", args=[mailbox.pk])).content.decode()
    assert browser.post(switch).status_code == 204
    mailbox.refresh_from_db()
    assert mailbox.active
