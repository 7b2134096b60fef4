#!/usr/bin/env python3
"""Asks a tau server for work, shows what happens, answers its questions for permission with yes, and offers a tool.

    ./example.py 127.0.0.1:8321 ~/.local/state/tau/token "what is the weather in Bern?"
"""
import os
import sys
from pathlib import Path

from tau_client import EffectClass, TauClient, Tool

address, token_file, prompt = sys.argv[1:4]
weather = Tool(
    name="weather",
    description="Tells the weather of a place.",
    parameters={"type": "object", "properties": {"place": {"type": "string"}}},
    effect=EffectClass.PURE,
    run=lambda arguments, call: f"21 degrees in {arguments['place']}.",
)
with TauClient(address, Path(token_file).read_text()) as tau, tau.offering(f"weather-{os.getpid()}", [weather]):
    session = tau.create_session()
    for message in tau.run(session, prompt):
        print(message.delta.text, end="", flush=True)
        if message.event.WhichOneof("body") == "permission_requested":
            request = message.event.permission_requested
            print(f"\n[{request.reason}: allowed]")
            tau.decide(session, request.call_id, "allow")
        if message.HasField("result"):
            result = message.result
            print(f"\n[{result.outcome.WhichOneof('outcome')} after {result.spent.turns} turns]")
