"""`tox/manifest.json`: of which release the built files are, from which source, and what each of them hashes to.

It lies in tox/ exactly as long as the files there are those of a release. A hash proves that a file is whole and
unchanged; it says nothing of who made it.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from component_model import Release

FILE_NAME = "manifest.json"


def make(files: Mapping[str, bytes], release: Release, commit: str, locks: Mapping[str, bytes]) -> bytes:
    """The manifest of a release.

    Args:
        files: content of each built file, by its path below tox/.
        commit: what the release was made from.
        locks: content of the package locks, by name.
    """
    content: dict[str, Any] = {
        "version": release.version,
        "build": release.build,
        "date": release.date,
        "source_commit": commit,
        "touchdesigner": {"oldest_build": release.touch_build},
        "locks": _hashes(locks),
        "files": _hashes(files),
    }
    return (json.dumps(content, indent=1) + "\n").encode("ascii")


def is_stale(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Whether a manifest lies in the folder that is of other files than these."""
    path = folder / FILE_NAME
    if not path.is_file():
        return False
    try:
        said = json.loads(path.read_bytes())["files"]
    except (ValueError, KeyError, TypeError):
        return True
    # A packed component is in a manifest too, but no build makes the same bytes of it again.
    return {name: said.get(name) for name in files} != _hashes(files) or any(
        name not in files and not name.endswith(".tox") for name in said
    )


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
