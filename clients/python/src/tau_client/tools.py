"""Tools that a program offers to sessions, over `Attach`."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import grpc
from tau.runtime.v1 import extension_call_pb2 as calls
from tau.runtime.v1 import extension_pb2 as wire
from tau.runtime.v1 import extension_tools_pb2, tool_pb2
from tau.runtime.v1.content_pb2 import ToolResultBlock

from .error import error_detail

_CALLS_AT_A_TIME = 64
#: Silence of so many intervals is a loss.
_SILENT_INTERVALS = 3
#: How long a server may take to welcome an extension, in seconds.
_WELCOME = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class EffectClass(IntEnum):
    """What may be repeated after a crash."""

    #: Changes nothing: may run again at any time, and needs no permission.
    PURE = tool_pb2.EFFECT_CLASS_PURE
    #: Changes something, once per idempotency key.
    IDEMPOTENT = tool_pb2.EFFECT_CLASS_IDEMPOTENT
    #: Anything else.
    AT_MOST_ONCE = tool_pb2.EFFECT_CLASS_AT_MOST_ONCE


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool."""

    session_id: str
    #: The same for every attempt at this call, and for no other.
    idempotency_key: str
    #: Set when the call is not wanted any more.
    cancelled: threading.Event


@dataclass(frozen=True)
class Tool:
    """A tool. `run` is called in a thread of its own; what it raises is what the model reads of the failure."""

    name: str
    #: What it does and when to use it, in words for the model.
    description: str
    #: JSON Schema of the arguments, an object. Arguments need not fit it.
    parameters: Mapping[str, Any]
    run: Callable[[dict[str, Any], ToolCall], str]
    effect: EffectClass = EffectClass.AT_MOST_ONCE


@dataclass
class _Held:
    """A call that came, until the server has settled it."""

    cancelled: threading.Event = field(default_factory=threading.Event)
    result: wire.AttachRequest | None = None
    ended: float = 0.0


class _Link:
    """One connection."""

    def __init__(self, extensions, hello: wire.Hello):
        self._said: queue.SimpleQueue = queue.SimpleQueue()
        self.spoke = self.heard = time.monotonic()
        self.say(wire.AttachRequest(hello=hello))
        # `None` ends what is said.
        self.incoming = extensions.Attach(iter(self._said.get, None))
        late = threading.Timer(_WELCOME, self.incoming.cancel)
        late.start()
        try:
            first = next(self.incoming, None)
            if first is None or not first.HasField("welcome"):
                raise ConnectionError("the server did not welcome the extension first")
            self.welcome = first.welcome
        except BaseException:
            self.close()
            raise
        finally:
            late.cancel()

    def say(self, message: wire.AttachRequest | None) -> None:
        self.spoke = time.monotonic()
        self._said.put(message)

    def close(self) -> None:
        self._said.put(None)


class Attachment:
    """Tools that are offered. A connection that is lost comes back by itself, with its calls."""

    def __init__(self, extensions, client_id: str, tools: Sequence[Tool]):
        self._extensions = extensions
        self._tools = {tool.name: tool for tool in tools}
        self._hello = wire.Hello(
            protocol_version=1,
            client_name=client_id,
            client_id=client_id,
            call_credit=_CALLS_AT_A_TIME,
            roles=[wire.ExtensionRole(tools=extension_tools_pb2.ToolsRole(tools=map(_offer, tools)))],
        )
        self._lock = threading.Lock()
        self._calls: dict[str, _Held] = {}
        self._link: _Link | None = None
        self._is_drained = False
        self._leaving = threading.Event()
        self._pool = ThreadPoolExecutor(_CALLS_AT_A_TIME, "tau-tool")
        #: What made it impossible to go on, if anything did.
        self.error: grpc.RpcError | None = None

    def start(self) -> None:
        """Attaches; returns once the server has welcomed."""
        link = self._greet()
        self._keeper = threading.Thread(target=self._keep, args=(link,), name="tau-attachment", daemon=True)
        self._keeper.start()

    def withdraw(self) -> None:
        """Ends the offer once its calls have ended."""
        with self._lock:
            self._leaving.set()
            if self._link:
                self._link.say(wire.AttachRequest(detach=wire.Detach()))
        self._keeper.join()
        self._pool.shutdown()

    def _greet(self) -> _Link:
        link = _Link(self._extensions, self._hello)
        self._hello.resume_token = link.welcome.resume_token
        self._retention = link.welcome.result_retention.ToTimedelta().total_seconds() or 600.0
        wanted = set(link.welcome.open_call_ids)
        with self._lock:
            for call_id, held in self._calls.items():
                if call_id not in wanted and not held.result:
                    held.cancelled.set()
        return link

    def _keep(self, link: _Link) -> None:
        """Serves until the end, over as many connections as that takes."""
        pause = _FIRST_PAUSE
        while True:
            try:
                if self._serve(link):
                    return
            except grpc.RpcError as error:
                if self._is_final(error):
                    return
            while True:
                # Whoever leaves waits for a server as long as that would wait for him.
                if self._leaving.is_set() and (not self._calls or pause == _LONGEST_PAUSE):
                    return
                time.sleep(pause)
                try:
                    link = self._greet()
                    pause = _FIRST_PAUSE
                    break
                except ValueError:
                    # The channel was closed.
                    return
                except (grpc.RpcError, ConnectionError) as error:
                    if isinstance(error, grpc.RpcError) and self._is_final(error):
                        return
                    pause = min(pause * 2, _LONGEST_PAUSE)

    def _is_final(self, error: grpc.RpcError) -> bool:
        """Whether another connection would not mend it."""
        detail = error_detail(error)
        if detail and not detail.is_retryable and detail.reason != "attachment_lost":
            self.error = error
            return True
        return False

    def _serve(self, link: _Link) -> bool:
        """Serves one connection; says whether it ended as it should."""
        interval = link.welcome.heartbeat_interval.ToTimedelta().total_seconds() or 1.0
        over = threading.Event()
        threading.Thread(target=_beat, args=(link, interval, over), daemon=True).start()
        with self._lock:
            self._link = link
            if self._leaving.is_set():
                link.say(wire.AttachRequest(detach=wire.Detach()))
        try:
            for message in link.incoming:
                link.heard = time.monotonic()
                self._receive(message)
            return self._is_drained
        finally:
            over.set()
            link.close()
            with self._lock:
                self._link = None

    def _receive(self, message: wire.AttachResponse) -> None:
        kind = message.WhichOneof("message")
        with self._lock:
            if kind == "call":
                self._take(message.call)
            elif kind == "call_cancel" and (held := self._calls.get(message.call_cancel.call_id)):
                held.cancelled.set()
            elif kind == "calls_settled":
                for call_id in message.calls_settled.call_ids:
                    self._calls.pop(call_id, None)
            elif kind == "detach":
                self._is_drained = True
                self._part()

    def _take(self, call: calls.Call) -> None:
        """A call comes again after a loss: it goes on, or its result is told again, and it is never carried out twice."""
        held = self._calls.get(call.call_id)
        if held is None:
            self._expire()
            held = self._calls[call.call_id] = _Held()
            self._pool.submit(self._carry_out, call, held)
        elif held.result:
            self._link.say(held.result)

    def _expire(self) -> None:
        """Forgets results that nobody settled in time."""
        since = time.monotonic() - self._retention
        for call_id in [call_id for call_id, held in self._calls.items() if held.result and held.ended < since]:
            del self._calls[call_id]

    def _part(self) -> None:
        """Ends this direction once nothing runs here; the server then ends the other."""
        if self._link and all(held.result for held in self._calls.values()):
            self._link.close()

    def _carry_out(self, call: calls.Call, held: _Held) -> None:
        result = calls.CallResult(call_id=call.call_id, **self._outcome(call, held))
        with self._lock:
            held.result, held.ended = wire.AttachRequest(call_result=result), time.monotonic()
            if self._link:
                self._link.say(held.result)
                if self._is_drained:
                    self._part()

    def _outcome(self, call: calls.Call, held: _Held) -> dict:
        if call.only_if_held:
            return _failure(calls.CALL_FAILURE_KIND_NOT_HELD)
        asked = call.run_tool
        tool = self._tools.get(asked.call.name)
        if tool is None:
            return _failure(calls.CALL_FAILURE_KIND_UNSUPPORTED, "there is no such tool here")
        this_call = ToolCall(call.session_id, asked.idempotency_key, held.cancelled)
        try:
            return _returned(tool.run(json.loads(asked.call.arguments_json), this_call), is_error=False)
        except Exception as error:  # Whatever a tool raises is for the model to read.
            if held.cancelled.is_set():
                return _failure(calls.CALL_FAILURE_KIND_CANCELLED)
            return _returned(str(error) or type(error).__name__, is_error=True)


def _offer(tool: Tool) -> extension_tools_pb2.ToolOffer:
    definition = tool_pb2.ToolDefinition(
        name=tool.name, description=tool.description, parameters_json=json.dumps(tool.parameters)
    )
    return extension_tools_pb2.ToolOffer(definition=definition, effect=tool.effect)


def _returned(text: str, is_error: bool) -> dict:
    return {"tool": extension_tools_pb2.ToolReturn(content=[ToolResultBlock(text=text)], is_error=is_error)}


def _failure(kind: int, message: str = "") -> dict:
    return {"failure": calls.CallFailure(kind=kind, message=message)}


def _beat(link: _Link, interval: float, over: threading.Event) -> None:
    """Gives signs of life, and drops a connection whose other side gives none."""
    while not over.wait(interval / 2):
        now = time.monotonic()
        if now - link.heard > interval * _SILENT_INTERVALS:
            link.incoming.cancel()
        elif now - link.spoke >= interval / 2:
            link.say(wire.AttachRequest(heartbeat=wire.Heartbeat()))
