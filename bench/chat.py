"""A chat's answer, from the person's pressing "send" to the visitor's window having it."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.timing import Timing, timed

if TYPE_CHECKING:
    from bench.company import Company


@dataclass(slots=True)
class Talk:
    """One visitor with an open stream, as their browser would hold it, over HTTP."""

    company: Company
    port: int
    base: str = ""
    token: str = ""
    channel: int = 0
    conversation: int = 0
    stream: Any = field(default=None)

    def begin(self) -> None:
        """Connect a chat, write the first line, open the stream."""
        from voronka.channels.commands import ChannelSpec, create_channel
        from voronka.journal.actors import Actor
        from voronka.timeline.models import Message

        spec = ChannelSpec(
            name="Bench chat",
            settings={"hours": "always"},
            pipeline_id=self.company.pipeline,
            owner_id=self.company.owner.pk,
        )
        chat = create_channel("chat", spec, by=Actor.system("bench"))
        self.channel, self.base = chat.pk, f"/c/{chat.key}/"
        self.token = self._ask("talk")["token"]
        self._ask("messages", {"id": "bench-line", "text": "How much is a kitchen?"})
        self.conversation = Message.objects.get(channel_id=chat.pk).conversation_id
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", f"{self.base}stream", headers=self._headers())
        self.stream = connection.getresponse()
        self._news()

    def delivery(self, times: int = 200) -> Timing:
        """Time answers: the command, the hand-over, the wake-up, and the visitor's reading."""
        return timed(self._answer, times=times, warm=10)

    def _answer(self, number: int) -> None:
        from voronka.channels.commands import send_message
        from voronka.journal.actors import Actor

        text = f"Answer {number}"
        send_message(
            channel_id=self.channel,
            conversation_id=self.conversation,
            text=text,
            by=Actor.user(self.company.owner),
        )
        while True:
            self._news()
            if any(one["text"] == text for one in self._ask("talk")["messages"]):
                return

    def _news(self) -> None:
        while not self.stream.readline().startswith(b"event: news"):
            pass

    def _ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        method = "POST" if body else "GET"
        connection.request(method, self.base + path, json.dumps(body or {}), self._headers())
        return json.loads(connection.getresponse().read())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
