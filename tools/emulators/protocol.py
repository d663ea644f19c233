"""The Firestore protocol as Google's own Python client carries it, written out for the emulator."""

import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from .node_packages import BUILD_FOLDER

if TYPE_CHECKING:
    from google.protobuf.descriptor import FileDescriptor
    from google.protobuf.descriptor_pb2 import FileDescriptorProto


def descriptor_file() -> Path:
    """A file with the FileDescriptorSet of google.firestore.v1, made once per version of the client."""
    target = BUILD_FOLDER / f"firestore-protocol-{version('google-cloud-firestore')}.binpb"
    if not target.is_file():
        BUILD_FOLDER.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=BUILD_FOLDER)
        with os.fdopen(handle, "wb") as out:
            out.write(_descriptor_set())
        Path(name).replace(target)
    return target


def _descriptor_set() -> bytes:
    # imported here: they cost a second or two, once per version
    from google.cloud.firestore_v1.types import firestore  # noqa: PLC0415
    from google.protobuf import descriptor_pb2, empty_pb2  # noqa: PLC0415

    found: dict[str, FileDescriptorProto] = {}

    def add(file: "FileDescriptor") -> None:
        if file.name in found:
            return
        for dependency in file.dependencies:
            add(dependency)
        found[file.name] = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(found[file.name])

    add(firestore.ListenRequest.pb().DESCRIPTOR.file)
    add(empty_pb2.DESCRIPTOR)
    return descriptor_pb2.FileDescriptorSet(file=found.values()).SerializeToString()
