"""`voronka demo`: a furniture maker with a year of history, to look around in."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    scale: Annotated[float, typer.Option(min=0.01, max=20, help="1.0: some 5,500 cards")] = 1.0,
) -> None:
    """Load the demo company into an empty database; refuses where people work already."""
    from voronka.cli.session import ready

    with ready():
        from voronka.demo.commands import load_demo
        from voronka.demo.knocking import knock

        logins = load_demo(scale=scale, progress=lambda line: print(line, flush=True))
        knock()
    print()
    for login in logins:
        print(f"{login.email:34}  {login.password}  {login.role}")
