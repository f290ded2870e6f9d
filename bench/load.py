"""Many clients over real HTTP: prepared bytes on open sockets, so that the driver costs little."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable

from bench.timing import Timing, percentile


def request(port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return the bytes of one request on a connection that stays open."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def drive(
    port: int, make: Callable[[int], bytes], *, count: int, clients: int
) -> tuple[float, Timing, Counter[int]]:
    """Send `count` requests from `clients` connections; return requests/s, timing, statuses.

    Args:
        make: number of the request -> its bytes.
    """
    spent: list[float] = []
    statuses: Counter[int] = Counter()
    lock = threading.Lock()
    numbers = iter(range(count))

    def work() -> None:
        mine, codes = [], Counter[int]()
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    break
                sent = make(number)
                began = time.perf_counter()
                wire.sendall(sent)
                codes[_read(wire)] += 1
                mine.append((time.perf_counter() - began) * 1000)
        with lock:
            spent.extend(mine)
            statuses.update(codes)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    spent.sort()
    return count / seconds, Timing(percentile(spent, 0.5), percentile(spent, 0.95)), statuses


def _read(wire: socket.socket) -> int:
    """Read one answer to its end; return its status."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(wire)
    head, _sep, body = data.partition(b"\r\n\r\n")
    low = head.lower()
    if b"content-length:" in low:
        wanted = int(low.split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < wanted:
            body += _some(wire)
    elif b"chunked" in low:
        while not body.endswith(b"0\r\n\r\n"):
            body += _some(wire)
    return int(head.split(b" ")[1])


def _some(wire: socket.socket) -> bytes:
    part = wire.recv(65536)
    if not part:
        raise ConnectionError("the server closed the connection")
    return part
