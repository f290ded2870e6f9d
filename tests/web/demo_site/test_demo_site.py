"""The sample site is there only while the demo company is."""

import pytest

from tests.channels.chat.factories import make_chat
from tests.channels.forms.factories import make_form
from tests.people.factories import make_user
from voronka.channels.commands import set_channel_active
from voronka.demo.cast import DOMAIN
from voronka.journal.actors import Actor

pytestmark = pytest.mark.django_db


def test_a_real_company_has_no_sample_site(client):
    make_form()
    assert client.get("/demo/site/").status_code == 404


def test_the_sample_site_embeds_the_form_by_the_real_script(client):
    make_user(email=f"owner@{DOMAIN}")
    assert client.get("/demo/site/").status_code == 404  # its form was put away
    make_form([])
    form = make_form()
    page = client.get("/demo/site/").content.decode()
    assert f'src="/f/{form.channel.key}/embed.js"' in page
    assert client.get(f"/f/{form.channel.key}/embed.js").status_code == 200


def test_the_sample_site_has_the_chat_by_its_real_script_while_it_is_on(client):
    make_user(email=f"owner@{DOMAIN}")
    make_form()
    chat = make_chat()
    tag = f'src="/c/{chat.key}/embed.js"'
    assert tag in client.get("/demo/site/").content.decode()
    set_channel_active(chat.pk, active=False, by=Actor.system())
    assert tag not in client.get("/demo/site/").content.decode()
