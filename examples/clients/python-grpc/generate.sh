#!/bin/sh
# Makes the stubs in gen/ from the interface's files.
cd "$(dirname "$0")" && mkdir -p gen &&
    python -m grpc_tools.protoc -I ../../../proto --python_out=gen --grpc_python_out=gen \
        ../../../proto/tau/runtime/v1/*.proto ../../../proto/buf/validate/validate.proto
