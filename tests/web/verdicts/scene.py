"""A team, a funnel whose losses are checked, and cards that were lost."""

from tests.automation.factories import make_robot
from tests.factories import SYSTEM, make_item, make_pipeline, make_reason, stage
from tests.people.factories import make_department, make_user
from voronka.automation.models import LossVerdict
from voronka.automation.worker import drain
from voronka.items.commands import lose_item, move_item
from voronka.journal.actors import Actor


class Team:
    """A head, a seller and their funnel; `lose` gives the check of a card just lost."""

    def __init__(self) -> None:
        self.head = make_user("head_of_sales", name="Ольга Кравцова")
        self.seller = make_user(
            "manager", name="Анна Соколова", department=make_department(head=self.head)
        )
        self.pipeline = make_pipeline(reasons=True)
        self.reason = self.pipeline.loss_reasons.get()
        self.other = make_reason(self.pipeline)
        make_robot(self.pipeline, "lost", ("ask_verdict", {"within": "1d calendar"}))

    def lose(self, title: str, comment: str = "") -> LossVerdict:
        item = make_item(self.pipeline, owner=self.seller, title=title)
        move_item(item.pk, to=stage(self.pipeline, "s2"), by=SYSTEM)
        by = Actor.user(self.seller)
        lose_item(item.pk, by=by, reason=self.reason, comment=comment)
        drain()
        return LossVerdict.objects.get(item=item)
