"""The ready chains at work: what people hear when a lead comes (Q3, RB-4)."""

import pytest

from tests.channels.factories import make_channel, write_in
from tests.people.factories import make_user
from voronka.automation.commands.running import run_due
from voronka.automation.commands.waking import turn_wakes
from voronka.blueprints import ready_companies
from voronka.blueprints.commands import apply
from voronka.items.commands import create_item
from voronka.journal.actors import Actor
from voronka.pipelines.models import Pipeline
from voronka.timeline.models import Notification


@pytest.mark.django_db
@pytest.mark.parametrize("company", ["minimal", "furniture"])
def test_the_responsible_hears_once_of_a_lead_whoever_made_it(company):
    apply(ready_companies.load(company), by=Actor.system())
    leads = Pipeline.objects.filter(item_type__code="lead").first()
    boss, seller = make_user("owner"), make_user("manager")

    def heard(item_id):
        turn_wakes()
        run_due()
        told = Notification.objects.filter(user=seller, item_id=item_id)
        return [n.text for n in told.exclude(kind=Notification.Kind.TASK)]

    enquiry = write_in(make_channel(leads, owner=seller), "a")
    assert len(heard(enquiry.item_id)) == 1
    by_hand = create_item(leads, title="Кухня", by=Actor.user(boss), owner_id=seller.pk)
    assert len([text for text in heard(by_hand.pk) if "Новый лид" in text]) == 1
