"""What a start does before anybody is served: tables, assets, the demo company."""

from voronka.cli.words import gettext as _

DEMO_LOGINS = "demo-logins.txt"  # in the home
NOBODY_YET = "nobody-yet"  # in the home while there are no people: the first owner is awaited


def prepare(demo: bool = True) -> None:
    """Bring tables and assets up to date; on the first start load the demo company."""
    from voronka.cli.session import ready

    with ready(speaks=False):
        from voronka.cli.assets import collect_if_changed

        collect_if_changed()
        if demo:
            _load_demo_once()
        _complete_demo()
        _note_demo_logins()
        _note_whether_anybody()


def _load_demo_once() -> None:
    """Load the demo company into an installation that has no people yet."""
    from importlib import import_module
    from importlib.util import find_spec

    from voronka.people.models import User

    if User.objects.exists() or not find_spec("voronka.demo.commands"):
        return
    print(_("First start: loading the demo company …"), flush=True)
    load_demo = import_module("voronka.demo.commands").load_demo
    load_demo(progress=lambda line: print(f"  {line}", flush=True))
    import_module("voronka.demo.knocking").knock()


def _complete_demo() -> None:
    """Give a demo company that an earlier version made what the present one comes with."""
    from voronka.demo.doors import connect_mailbox
    from voronka.demo.queries import demo_logins
    from voronka.journal.actors import Actor

    if demo_logins():
        connect_mailbox(by=Actor.system("demo"))


def _note_demo_logins() -> None:
    """Leave the demo log-ins where the supervisor, which knows no Django, can print them."""
    from voronka import settings
    from voronka.demo.queries import demo_logins

    note = settings.HOME / DEMO_LOGINS
    if logins := demo_logins():
        note.write_text("".join(f"{x.email}  {x.password}  {x.role}\n" for x in logins))
    else:
        note.unlink(missing_ok=True)


def _note_whether_anybody() -> None:
    """Leave a mark for the supervisor while there are no people."""
    from voronka import settings
    from voronka.people.models import User

    mark = settings.HOME / NOBODY_YET
    if User.objects.exists():
        mark.unlink(missing_ok=True)
    else:
        mark.touch()
