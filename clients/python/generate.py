"""Makes the messages of the interface, `src/tau`, when the package is built.

Rules that the server checks are left out of them: they would bring a copy of `buf.validate`, and two copies of one file do not
go together in a Python process.
"""
import shutil
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).parent
PROTO = HERE / "../../proto"
RULES = "buf/validate/validate.proto"


def run(*arguments):
    include = Path(protoc.__file__).parent / "_proto"
    if protoc.main(["protoc", f"-I{include}", *arguments]) != 0:
        raise RuntimeError("protoc failed")


class Generate(BuildHookInterface):
    def initialize(self, version, build_data):
        # A source distribution brings them made.
        if not PROTO.exists():
            return
        shutil.rmtree(HERE / "src/tau", ignore_errors=True)
        names = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob("tau/**/*.proto"))
        with tempfile.TemporaryDirectory() as folder:
            described = Path(folder) / "described.binpb"
            run(f"-I{PROTO}", f"--descriptor_set_out={described}", "--include_imports", *names)
            files = FileDescriptorSet.FromString(described.read_bytes())
            # The rules are extensions that nothing here knows.
            files.DiscardUnknownFields()
            kept = [file for file in files.file if file.name != RULES]
            for file in kept:
                dependencies = [name for name in file.dependency if name != RULES]
                file.ClearField("dependency")
                file.dependency.extend(dependencies)
            described.write_bytes(FileDescriptorSet(file=kept).SerializeToString())
            out = [f"--{kind}_out={HERE / 'src'}" for kind in ("python", "pyi", "grpc_python")]
            run(f"--descriptor_set_in={described}", *out, *names)
