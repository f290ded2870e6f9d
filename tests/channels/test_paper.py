"""The conformance kit, tried on the simplest provider there is."""

import json

from tests.channels.conformance import Conformance
from tests.channels.factories import PAPER, sheet


class TestPaper(Conformance):
    provider = PAPER
    channel_settings = {"colour": "blue", "password": "s3cret-word"}

    def sample_events(self):
        return [
            sheet("one", name="Ivan"),
            sheet("two", kind="nothing"),
            sheet("three", html="<p>Hello<script>x</script></p>", text=""),
        ]


def test_paper_is_json():
    assert json.loads(sheet("x").body)["text"] == "Hello"
