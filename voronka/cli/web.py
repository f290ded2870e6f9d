"""`voronka web`: one web process."""

import os
import signal
import socket
import threading
import time
from contextlib import suppress
from types import FrameType

import typer

from voronka.cli.words import gettext as _
from voronka.kernel.errors import DomainError

_GRACE = 5  # seconds for running requests when told to stop


class PortTaken(DomainError):
    """Something else listens where we should."""

    code = "port_taken"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(web)


def web() -> None:
    """Serve the pages, the API and the live stream from one process."""
    from voronka.cli.session import ready

    listener = listen()
    with ready(speaks=False):
        serve(listener)


def serve(listener: socket.socket) -> None:
    """Answer on a socket that listens already, until told to stop; the tables are up to date."""
    from voronka.cli.session import ready

    with ready(migrated=False, speaks=False), suppress(KeyboardInterrupt):
        from voronka.kernel.telling import begin_anew

        begin_anew()
        _serve(listener)


def listen() -> socket.socket:
    """Return a socket that listens at the configured address.

    Raises:
        PortTaken: the port is in use, or may not be used.
    """
    from voronka import settings

    family = socket.AF_INET6 if ":" in settings.BIND else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.BIND, settings.PORT))
    except OSError as error:
        listener.close()
        raise PortTaken(
            _(
                "%(bind)s:%(port)d cannot be used (%(why)s). Stop the other program or choose "
                "another port, for example: PORT=%(other)d make run"
            )
            % {
                "bind": settings.BIND,
                "port": settings.PORT,
                "why": error.strerror,
                "other": settings.PORT % 65535 + 1,
            }
        ) from None
    listener.listen(2048)
    return listener


def stop_with(parent: int) -> None:
    """End this process soon after its parent is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _serve(listener: socket.socket) -> None:
    import uvicorn

    from voronka import settings
    from voronka.asgi import application, chat, live

    class Server(uvicorn.Server):
        """Closes the live streams first: they would hold up the stop until its time is over."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            live.close_soon()
            chat.close_soon()
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        application,
        http="httptools",
        loop="uvloop",
        lifespan="on",
        log_level="warning",
        access_log=settings.DEBUG,
        server_header=False,
        proxy_headers=bool(settings.TRUSTED_PROXIES),
        forwarded_allow_ips=settings.TRUSTED_PROXIES or None,
        timeout_keep_alive=65,
        timeout_graceful_shutdown=_GRACE,
    )
    Server(config).run(sockets=[listener])
