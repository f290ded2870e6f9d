"""What every provider must keep to. A provider's tests subclass `Conformance` and name samples.

class TestPaper(Conformance):
    provider = PAPER
    channel_settings = {"colour": "white"}
    def sample_events(self): return [RawEvent(…), …]
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voronka.channels.commands import ChannelSpec, create_channel, receive
from voronka.channels.contract import (
    ChannelSettings,
    Incoming,
    Kind,
    NotSent,
    Outgoing,
    Provider,
    RawEvent,
    WebReply,
    WebRequest,
    Window,
)
from voronka.channels.facts import facts_of, secret_names
from voronka.channels.models import UNFINISHED, Channel, Enquiry
from voronka.channels.tidying import tidy
from voronka.clients.models import ContactPoint
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.timeline.models import Message

SYSTEM = Actor.system()
PATIENT = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


@pytest.mark.django_db
class Conformance:
    """Inherit, set `provider`, and give at least one sample."""

    __test__ = False
    provider: Provider
    channel_settings: dict[str, Any] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__test__ = True

    def sample_events(self) -> list[RawEvent]:
        """Real events of this kind of channel, one of each shape; at least one is a message."""
        raise NotImplementedError

    @pytest.fixture
    def channel(self) -> Channel:
        from tests.factories import make_item_type, make_pipeline
        from tests.people.factories import make_user

        spec = ChannelSpec(
            name="Conformance",
            settings=self.channel_settings,
            pipeline_id=make_pipeline(make_item_type("lead")).pk,
            owner_id=make_user().pk,
        )
        return create_channel(self.provider.code, spec, by=SYSTEM)

    def test_it_says_who_it_is(self) -> None:
        assert 0 < len(self.provider.code) <= 20
        assert self.provider.code.isascii()
        assert str(self.provider.title)
        assert issubclass(self.provider.Settings, ChannelSettings)
        assert set(self.provider.answers_to) <= set(ContactPoint.Kind.values)

    def test_secrets_are_sealed_and_never_told(self, channel: Channel) -> None:
        facts = facts_of(channel)
        for name in secret_names(self.provider):
            assert name not in channel.settings
            secret = getattr(facts.settings, name)
            if secret and (plain := secret.get_secret_value()):
                assert plain not in channel.sealed
                assert plain not in repr(facts)
                assert plain not in repr([e.diff for e in Event.objects.all()])

    def test_every_sample_is_understood_the_same_way_twice(self, channel: Channel) -> None:
        facts, kinds = facts_of(channel), set()
        for event in self.sample_events():
            first, second = (self.provider.parse(event, facts) for _ in range(2))
            assert isinstance(first, Incoming)
            assert tidy(first) == tidy(second)
            kinds.add(first.kind)
        assert Kind.MESSAGE in kinds

    def test_times_are_aware(self, channel: Channel) -> None:
        for event in self.sample_events():
            incoming = self.provider.parse(event, facts_of(channel))
            assert incoming.at is None or incoming.at.tzinfo is not None

    def test_every_sample_ends_in_the_ledger_with_nothing_lost(self, channel: Channel) -> None:
        for event in self.sample_events():
            enquiry = receive(channel, event)
            assert enquiry.state not in UNFINISHED, enquiry.error
            assert bytes(Enquiry.objects.get(pk=enquiry.pk).raw) == event.body

    def test_the_same_event_again_makes_no_double(self, channel: Channel) -> None:
        for event in self.sample_events():
            receive(channel, event)
        before = Item.objects.count(), Message.objects.count(), Enquiry.objects.count()
        for event in self.sample_events():
            receive(channel, event)
        assert (Item.objects.count(), Message.objects.count(), Enquiry.objects.count()) == before

    def test_a_sample_cut_short_or_garbled_is_kept_with_its_reason(self, channel: Channel) -> None:
        for event in self.sample_events():
            for number, body in enumerate((b"", event.body[: len(event.body) // 2], b"\xff\x00")):
                broken = replace(event, external_id=f"{event.external_id}-{number}", body=body)
                enquiry = receive(channel, broken)
                assert enquiry.state not in UNFINISHED or enquiry.error
                assert bytes(Enquiry.objects.get(pk=enquiry.pk).raw) == body

    @PATIENT
    @given(noise=st.binary(max_size=400), where=st.integers(min_value=0, max_value=10_000))
    def test_noise_in_a_sample_never_escapes(
        self, channel: Channel, noise: bytes, where: int
    ) -> None:
        facts = facts_of(channel)
        for event in self.sample_events():
            cut = where % (len(event.body) + 1)
            body = event.body[:cut] + noise + event.body[cut + len(noise) :]
            # the ledger catches what parsing raises; endless work nobody could catch
            with suppress(ValueError, TypeError, LookupError, AttributeError):
                tidy(self.provider.parse(replace(event, body=body), facts))

    def test_a_channel_that_sends_fails_in_words(self, channel: Channel) -> None:
        message, facts = Outgoing("k", ("email", "a@example.com"), "x"), facts_of(channel)
        if not self.provider.sends:
            with pytest.raises(NotSent):
                self.provider.send(message, facts)

    def test_the_window_is_always_answered(self, channel: Channel) -> None:
        from django.utils import timezone

        window = self.provider.window(facts_of(channel), last_in=None, now=timezone.now())
        assert isinstance(window, Window)
        assert window.open or str(window.why)

    def test_a_webhook_answers_even_to_nonsense(self, channel: Channel) -> None:
        if not self.provider.has_webhook:
            return
        request = WebRequest("POST", b"\xff\xfe nonsense", "text/plain")
        facts = facts_of(channel)
        assert isinstance(self.provider.verify(request, facts), bool)
        assert isinstance(self.provider.events(request, facts), list)
        assert isinstance(self.provider.reply(request, facts), WebReply)

    def test_the_self_test_makes_an_event_that_can_be_understood(self, channel: Channel) -> None:
        facts = facts_of(channel)
        event = self.provider.sample(facts, mark="mark123")
        if event is not None:
            incoming = self.provider.parse(event, facts)
            assert incoming.kind == Kind.MESSAGE
            assert "mark123" in repr(incoming)
