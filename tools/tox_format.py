"""The expanded component format: one door to its data classes, its writer and its strict reader."""

from tox_node import STAMP_FILE, Node, ParDefinition, ParMode, ParValue, ToxFormatError
from tox_reader import read_component
from tox_writer import Stamp, component_files, index_file, index_path, write_component

__all__ = [
    "STAMP_FILE",
    "Node",
    "ParDefinition",
    "ParMode",
    "ParValue",
    "Stamp",
    "ToxFormatError",
    "component_files",
    "index_file",
    "index_path",
    "read_component",
    "write_component",
]
