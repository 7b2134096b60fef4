#!/usr/bin/env python3
"""Calls a tau server over gRPC and fails where it differs from what the interface promises.

    PYTHONPATH=gen ./proof.py HOST:PORT TOKENFILE
"""
import sys
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from tau.runtime.v1 import admin_service_pb2, error_pb2, runtime_session_pb2
from tau.runtime.v1.admin_service_pb2_grpc import AdminServiceStub
from tau.runtime.v1.runtime_service_pb2_grpc import RuntimeServiceStub

NOBODY = "00000000-0000-7000-8000-000000000000"


def expect(actual, expected):
    if actual != expected:
        sys.exit(f"{actual!r} instead of {expected!r}")


def passed(check):
    print(f"grpc h2: {check}: ok")


def refusal(call, request, metadata):
    """How a call fails: its code, and the reason of its one `ErrorDetail`."""
    try:
        call(request, metadata=metadata, timeout=10)
    except grpc.RpcError as error:
        detail = error_pb2.ErrorDetail()
        if not any(packed.Unpack(detail) for packed in rpc_status.from_call(error).details):
            sys.exit(f"{error}: no ErrorDetail")
        return error.code(), detail.reason
    sys.exit("it succeeds")


host, token_file = sys.argv[1:3]
credential = [("authorization", f"Bearer {Path(token_file).read_text().strip()}")]
with grpc.insecure_channel(host) as channel:
    get_info = AdminServiceStub(channel).GetInfo
    told = get_info(admin_service_pb2.GetInfoRequest(), metadata=credential, timeout=10)
    expect((told.server_name, told.protocol_version), ("tau", 1))
    passed("info")

    get_session = RuntimeServiceStub(channel).GetSession
    missing = runtime_session_pb2.GetSessionRequest(session_id=NOBODY)
    expect(refusal(get_session, missing, credential), (grpc.StatusCode.NOT_FOUND, "session_not_found"))
    passed("errors")
    unknown = refusal(get_info, admin_service_pb2.GetInfoRequest(), None)
    expect(unknown, (grpc.StatusCode.UNAUTHENTICATED, "unauthenticated"))
    passed("refused")

    check = health_pb2_grpc.HealthStub(channel).Check
    health = check(health_pb2.HealthCheckRequest(), metadata=credential, timeout=10)
    expect(health.status, health_pb2.HealthCheckResponse.SERVING)
    passed("health")
