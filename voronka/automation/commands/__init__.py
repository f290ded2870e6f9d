"""The one door of automation: robots, their runs, and what they keep beside the cards."""

from voronka.automation.commands.engine import start_engine, stop_engine
from voronka.automation.commands.errands import retry_errand
from voronka.automation.commands.robots import (
    remove_robot,
    reorder_robots,
    save_robot,
    switch_robot,
)

__all__ = [
    "remove_robot",
    "reorder_robots",
    "retry_errand",
    "save_robot",
    "start_engine",
    "stop_engine",
    "switch_robot",
]
