#!/usr/bin/env python3
"""Loses the connection in the middle of a call of a tool: the call goes on, its result arrives, and it is carried out once.

    ./lost.py HOST:PORT TOKENFILE "what is the weather in Bern?"
"""
import contextlib
import os
import socket
import sys
import threading
import time
import uuid
from pathlib import Path

import grpc
from tau.runtime.v1 import runtime_session_pb2
from tau_client import TauClient, Tool, error_detail

address, token_file, prompt = sys.argv[1:4]
host, port = address.rsplit(":", 1)
token = Path(token_file).read_text()
sockets = set()


def pass_on(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    for end in (one, other):
        sockets.discard(end)
        end.close()


def stand_between(listener):
    while True:
        client = listener.accept()[0]
        server = socket.create_connection((host, int(port)))
        sockets.update((client, server))
        for ends in ((client, server), (server, client)):
            threading.Thread(target=pass_on, args=ends, daemon=True).start()


carried_out = 0


def weather(arguments, call):
    global carried_out
    carried_out += 1
    for end in list(sockets):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    time.sleep(0.5)
    return f"21 degrees in {arguments['place']}."


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=stand_between, args=(listener,), daemon=True).start()
tool = Tool("weather", "Tells the weather of a place.", {"type": "object"}, weather)
between = f"127.0.0.1:{listener.getsockname()[1]}"
with TauClient(address, token) as tau, TauClient(between, token) as provider:
    with provider.offering(f"lost-{os.getpid()}", [tool]):
        session = tau.create_session()
        for message in tau.run(session, prompt):
            if message.event.WhichOneof("body") == "permission_requested":
                tau.decide(session, message.event.permission_requested.call_id, "allow")
            if message.HasField("result"):
                print(message.result.text)
    try:
        tau.runtime.GetSession(runtime_session_pb2.GetSessionRequest(session_id=str(uuid.uuid4())))
    except grpc.RpcError as error:
        print(f"[carried out {carried_out} times, {error_detail(error).reason}]")
