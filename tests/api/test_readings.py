"""What a program reads is counted to whose token it is."""

from tests.clients.factories import make_client
from tests.factories import make_item
from voronka.journal.models import Reading


def test_what_a_program_reads_and_lists_is_its_persons(caller):
    program = caller()
    item, anna = make_item(), make_client("Анна")
    for path in (f"/items/{item.pk}", f"/clients/{anna.pk}", "/items", "/clients"):
        assert program.call("GET", path)[0] == 200
    rows = Reading.objects.order_by("pk").values_list("reader_id", "subject_type", "count")
    assert list(rows) == [(program.user.pk, "item", 2), (program.user.pk, "client", 2)]
