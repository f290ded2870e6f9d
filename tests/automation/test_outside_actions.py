"""Actions that reach out of the house: a call by telephony, an address that is called."""

import pytest

from tests.automation.factories import TELL, make_robot, run
from tests.clients.factories import make_client
from tests.factories import (
    make_pipeline,
)
from tests.people.factories import make_user
from voronka.automation import telephony
from voronka.automation.commands import errands
from voronka.automation.models import Errand, RobotRun
from voronka.kernel import outgoing
from voronka.pipelines.errors import InvalidSetup

pytestmark = pytest.mark.django_db


class Phones:
    """A telephony that remembers what it was asked."""

    code = "double"

    def __init__(self, *answers):
        self.asked = []
        self.answers = list(answers)

    def start_call(self, request, /):
        self.asked.append(request)
        return self.answers.pop(0)


@pytest.fixture
def phones():
    double = Phones(
        telephony.CallAnswer(False, detail="busy", again=True), telephony.CallAnswer(True, "c1")
    )
    telephony.connect(double)
    yield double
    telephony.disconnect(double)


def test_a_call_is_started_with_the_same_key_until_it_works(phones):
    owner = make_user()
    owner.phone = "+79160000001"
    owner.save()
    client = make_client(phones=("+79161234567",))
    _item, lines = run(make_pipeline(), ("start_call", {}), owner=owner, contact=client.pk)
    errand = Errand.objects.get(pk=lines[0]["made"]["errand"])
    assert not errands.perform(errand.pk)
    assert errands.perform(errand.pk)
    first, second = phones.asked
    assert first == second
    assert first.client_phone == "+79161234567"
    errand.refresh_from_db()
    assert (errand.state, errand.answer["call"]) == ("done", "c1")
    assert RobotRun.objects.get().client_id == client.pk


def test_no_telephony_no_call():
    _item, lines = run(make_pipeline(), ("start_call", {}))
    assert lines[0]["nothing"]


def test_an_address_is_called_signed_and_with_a_steady_key(monkeypatch):
    sent = []

    def send(url, **wanted):
        sent.append((url, wanted))
        return outgoing.Answer(status=500 if len(sent) == 1 else 200)

    monkeypatch.setattr(outgoing, "send", send)
    hook = {"url": "https://example.com/hook", "data": {"name": "{title}"}}
    item, _lines = run(make_pipeline(), ("http_request", hook), title="Кухня")
    errand = Errand.objects.get()
    assert not errands.perform(errand.pk)
    assert errands.perform(errand.pk)
    assert errands.perform(errand.pk)
    keys = {wanted["headers"]["Idempotency-Key"] for _url, wanted in sent}
    assert (len(sent), keys) == (2, {errand.key})
    assert sent[0][1]["data"]["name"] == "Кухня"
    assert sent[0][1]["data"]["card"] == str(item.pk)
    assert sent[0][1]["secret"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/x", "http://[::1]/", "ftp://example.com", "http://u:p@example.com"]
)
def test_a_private_or_strange_address_is_refused_when_saved(url):
    with pytest.raises(InvalidSetup) as refusal:
        make_robot(make_pipeline(), "created", ("http_request", {"url": url}))
    assert list(refusal.value.fields) == ["actions.0.url"]


def test_an_outside_effect_is_not_ordered_twice_by_a_run_that_is_done_again():
    item, _lines = run(make_pipeline(), TELL)
    run_ = RobotRun.objects.get()
    for _n in range(2):
        errands.order("http", {"url": "https://example.com"}, key=f"run-{run_.pk}-0", item=item)
    assert Errand.objects.count() == 1
