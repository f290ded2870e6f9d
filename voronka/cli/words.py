"""Translates what the commands say."""

from pathlib import Path

from voronka.kernel.terminal import speaker

gettext = speaker(Path(__file__).parent / "locale")
