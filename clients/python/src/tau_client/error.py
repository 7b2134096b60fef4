"""What a server says of a failure."""

from __future__ import annotations

import grpc
from grpc_status import rpc_status
from tau.runtime.v1 import error_pb2


def error_detail(error: grpc.RpcError) -> error_pb2.ErrorDetail | None:
    """What a server says beside the code: the stable `reason` that programs compare, and what to do."""
    status = rpc_status.from_call(error)
    detail = error_pb2.ErrorDetail()
    for packed in status.details if status else ():
        if packed.Unpack(detail):
            return detail
    return None
