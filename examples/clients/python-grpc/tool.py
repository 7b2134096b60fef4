"""A tool that is offered to every session that begins while it is attached."""
import contextlib
import json
import os
import queue
import threading

from tau.runtime.v1 import extension_call_pb2 as calls
from tau.runtime.v1 import extension_pb2, extension_tools_pb2, tool_pb2
from tau.runtime.v1.content_pb2 import ToolResultBlock
from tau.runtime.v1.extension_pb2 import AttachRequest
from tau.runtime.v1.extension_pb2_grpc import ExtensionServiceStub

PARAMETERS = json.dumps({"type": "object", "properties": {"place": {"type": "string"}}})


def weather(place):
    return f"21 degrees in {place}."


def answer(call):
    told = weather(json.loads(call.run_tool.call.arguments_json)["place"])
    returned = extension_tools_pb2.ToolReturn(content=[ToolResultBlock(text=told)])
    return AttachRequest(call_result=calls.CallResult(call_id=call.call_id, tool=returned))


@contextlib.contextmanager
def offered_weather(channel, credential):
    """Attaches; what is in the `with` happens while the tool is offered."""
    definition = tool_pb2.ToolDefinition(
        name="weather", description="Tells the weather of a place.", parameters_json=PARAMETERS
    )
    offer = extension_tools_pb2.ToolOffer(definition=definition, effect=tool_pb2.EFFECT_CLASS_PURE)
    role = extension_pb2.ExtensionRole(tools=extension_tools_pb2.ToolsRole(tools=[offer]))
    hello = extension_pb2.Hello(
        protocol_version=1, client_name="weather", client_id=f"weather-{os.getpid()}", roles=[role], call_credit=8
    )
    said = queue.SimpleQueue()
    said.put(AttachRequest(hello=hello))
    # `None` ends what is said: whoever has no open call may leave so.
    heard = ExtensionServiceStub(channel).Attach(iter(said.get, None), metadata=credential)
    next(heard)  # Welcome: from here on the tool is offered.

    def serve():
        for message in heard:
            if message.HasField("heartbeat"):
                said.put(AttachRequest(heartbeat=extension_pb2.Heartbeat()))
            elif message.call.HasField("run_tool"):
                said.put(answer(message.call))

    server = threading.Thread(target=serve)
    server.start()
    try:
        yield
    finally:
        said.put(None)
        server.join()
