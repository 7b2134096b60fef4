"""Client of the tau agent runtime, over gRPC. Messages are those of the interface: `tau.runtime.v1`."""

from .client import TauClient
from .error import error_detail
from .tools import EffectClass, Tool, ToolCall

__all__ = ["EffectClass", "TauClient", "Tool", "ToolCall", "error_detail"]
