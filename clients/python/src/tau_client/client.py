"""A server's services, with short ways for what most programs do."""

from __future__ import annotations

import collections
import contextlib
import uuid
from collections.abc import Iterator, Sequence

import grpc
from tau.runtime.v1 import answer_pb2, context_pb2, runtime_run_pb2, runtime_session_pb2
from tau.runtime.v1.admin_service_pb2_grpc import AdminServiceStub
from tau.runtime.v1.extension_pb2_grpc import ExtensionServiceStub
from tau.runtime.v1.runtime_service_pb2_grpc import RuntimeServiceStub

from .tools import Attachment, Tool

_DECISIONS = {
    "allow": answer_pb2.PERMISSION_DECISION_ALLOW,
    "allow_always": answer_pb2.PERMISSION_DECISION_ALLOW_ALWAYS,
    "deny": answer_pb2.PERMISSION_DECISION_DENY,
}


class _Details(
    collections.namedtuple("_Details", "method timeout metadata credentials wait_for_ready compression"),
    grpc.ClientCallDetails,
):
    """Of a call, as interceptors pass it on."""


class _Authorized(
    grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor, grpc.StreamStreamClientInterceptor
):
    """Sends the token with every call. Credentials of calls are grpcio's own way, but it lets them go over TLS alone."""

    def __init__(self, token: str):
        self._header = ("authorization", f"Bearer {token.strip()}")

    def _call(self, proceed, details, request):
        metadata = [*(details.metadata or ()), self._header]
        of_call = (details.credentials, details.wait_for_ready, details.compression)
        return proceed(_Details(details.method, details.timeout, metadata, *of_call), request)

    intercept_unary_unary = intercept_unary_stream = intercept_stream_stream = _call


class TauClient:
    """A server at `host:port`. Without `credentials` it is called without TLS.

    Calls may be made from any thread. Failures are `grpc.RpcError`; `error_detail` tells more of one.
    """

    def __init__(self, address: str, token: str, credentials: grpc.ChannelCredentials | None = None):
        self._channel = grpc.secure_channel(address, credentials) if credentials else grpc.insecure_channel(address)
        channel = grpc.intercept_channel(self._channel, _Authorized(token))
        #: Sessions: every call of `tau.runtime.v1.RuntimeService`.
        self.runtime = RuntimeServiceStub(channel)
        #: The server: every call of `tau.runtime.v1.AdminService`.
        self.admin = AdminServiceStub(channel)
        self._extensions = ExtensionServiceStub(channel)

    def __enter__(self) -> TauClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends every call."""
        self._channel.close()

    def create_session(self) -> str:
        """Creates a session that is as the server's configuration says, and gives its id."""
        return self.runtime.CreateSession(runtime_session_pb2.CreateSessionRequest()).session.session_id

    def run(
        self, session_id: str, prompt: str, idempotency_key: str | None = None
    ) -> Iterator[runtime_run_pb2.RunResponse]:
        """Asks a session for work in words, and gives what is told of it, to its result.

        A stream that breaks says nothing of the run, which goes on: with the same key the call follows it, and starts nothing
        twice.
        """
        key = idempotency_key or str(uuid.uuid4())
        entry = context_pb2.ContextEntry(text=prompt)
        return self.runtime.Run(runtime_run_pb2.RunRequest(session_id=session_id, idempotency_key=key, prompt=[entry]))

    def decide(self, session_id: str, call_id: str, decision: str, message: str = "") -> None:
        """Answers a request for permission: `allow`, `allow_always` or `deny`.

        The first answer counts; a later one fails with the reason `not_waiting`.
        """
        permission = answer_pb2.PermissionAnswer(decision=_DECISIONS[decision], message=message)
        answer = answer_pb2.Answer(permission=permission)
        self.runtime.Respond(runtime_run_pb2.RespondRequest(session_id=session_id, call_id=call_id, answer=answer))

    @contextlib.contextmanager
    def offering(self, client_id: str, tools: Sequence[Tool]) -> Iterator[Attachment]:
        """Offers tools to every session that begins within the `with`, which ends once their calls have ended."""
        attachment = Attachment(self._extensions, client_id, tools)
        attachment.start()
        try:
            yield attachment
        finally:
            attachment.withdraw()
