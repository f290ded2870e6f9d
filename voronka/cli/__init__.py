"""The command line. Typer's own words come from our catalogue; it asks for them when imported."""

import gettext
from pathlib import Path

gettext.bindtextdomain("django", Path(__file__).parent / "locale")
gettext.textdomain("django")
