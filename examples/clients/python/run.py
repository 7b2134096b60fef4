#!/usr/bin/env python3
"""Asks a tau server for work, shows what happens, and answers its questions for permission with yes.

Needs nothing but Python: the interface is HTTP with JSON (the Connect protocol).

    tau serve &
    ./run.py 127.0.0.1:8321 ~/.local/state/tau/token "why does the build fail?"
"""
import http.client
import json
import struct
import sys

host, token_file, prompt = sys.argv[1:4]
token = open(token_file).read().strip()


def post(method, content_type, body):
    connection = http.client.HTTPConnection(host)
    headers = {"authorization": f"Bearer {token}", "content-type": content_type}
    connection.request("POST", f"/tau.runtime.v1.RuntimeService/{method}", body, headers)
    return connection.getresponse()


def call(method, message):
    answer = json.load(post(method, "application/json", json.dumps(message)))
    return sys.exit(f"{method}: {answer['message']}") if "code" in answer else answer


def stream(method, message):
    """A message of a stream is a byte of flags, its length in four bytes, and JSON; flag 2 marks the end."""
    body = json.dumps(message).encode()
    response = post(method, "application/connect+json", struct.pack(">BI", 0, len(body)) + body)
    while head := response.read(5):
        flags, length = struct.unpack(">BI", head)
        message = json.loads(response.read(length))
        if flags & 2:
            return sys.exit(message["error"]["message"]) if "error" in message else None
        yield message


session = call("CreateSession", {})["session"]["sessionId"]
for message in stream("Run", {"sessionId": session, "prompt": [{"text": prompt}]}):
    print(message.get("delta", {}).get("text", ""), end="", flush=True)
    if asked := message.get("event", {}).get("permissionRequested"):
        print(f"\n[{asked['reason']}: allowed]")
        allow = {"permission": {"decision": "PERMISSION_DECISION_ALLOW"}}
        call("Respond", {"sessionId": session, "callId": asked["callId"], "answer": allow})
    if "result" in message:
        print(f"\n[{', '.join(message['result']['outcome'])} after {message['result']['spent']['turns']} turns]")
