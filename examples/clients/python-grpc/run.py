#!/usr/bin/env python3
"""Asks a tau server for work over gRPC, shows what happens, answers its questions for permission with yes, and offers a tool.

    tau serve &
    pip install -r requirements.txt && ./generate.sh
    PYTHONPATH=gen ./run.py 127.0.0.1:8321 ~/.local/state/tau/token "what is the weather in Bern?"
"""
import sys

import grpc
from tau.runtime.v1 import answer_pb2, context_pb2, runtime_run_pb2, runtime_session_pb2
from tau.runtime.v1.runtime_service_pb2_grpc import RuntimeServiceStub
from tool import offered_weather

host, token_file, prompt = sys.argv[1:4]
credential = [("authorization", f"Bearer {open(token_file).read().strip()}")]
allow = answer_pb2.PermissionAnswer(decision=answer_pb2.PERMISSION_DECISION_ALLOW)

with grpc.insecure_channel(host) as channel, offered_weather(channel, credential):
    runtime = RuntimeServiceStub(channel)
    created = runtime.CreateSession(runtime_session_pb2.CreateSessionRequest(), metadata=credential)
    session = created.session.session_id
    asked = runtime_run_pb2.RunRequest(session_id=session, prompt=[context_pb2.ContextEntry(text=prompt)])
    for message in runtime.Run(asked, metadata=credential):
        print(message.delta.text, end="", flush=True)
        if message.event.WhichOneof("body") == "permission_requested":
            request = message.event.permission_requested
            print(f"\n[{request.reason}: allowed]")
            answer = answer_pb2.Answer(permission=allow)
            respond = runtime_run_pb2.RespondRequest(session_id=session, call_id=request.call_id, answer=answer)
            runtime.Respond(respond, metadata=credential)
        if message.HasField("result"):
            result = message.result
            print(f"\n[{result.outcome.WhichOneof('outcome')} after {result.spent.turns} turns]")
