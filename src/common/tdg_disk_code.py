"""The engine's modules as files, for a process of its own: written whole, checked, cleaned up when old.

Thread: any.
"""

import contextlib
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

#: Folders of former versions that stay, however old; and the age from which the others go.
_KEPT = 4
_OLD_S = 30 * 86400.0

#: What is being written has this prefix; left behind, it goes with the old ones.
_NEW = "new-"


def digests(texts: Mapping[str, str]) -> dict[str, str]:
    """A short digest of each module's text; equal digests are equal texts."""
    return {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in texts.items()}


def install(parent: Path, texts: Mapping[str, str]) -> Path:
    """Writes the modules into a folder below `parent` named after their content, unless they are there, whole.

    Args:
        parent: Made if it is missing.
        texts: Module name -> text.

    Returns:
        The folder.

    Raises:
        OSError: It cannot be written to.
    """
    whole = "\n".join(f"{name} {digest}" for name, digest in sorted(digests(texts).items()))
    folder = parent / hashlib.sha256(whole.encode()).hexdigest()[:16]
    if not _is_whole(folder, texts):
        _write(parent, folder, texts)
    with contextlib.suppress(OSError):
        os.utime(folder)  # in use now
    return folder


def tidy(parent: Path, now: float | None = None) -> None:
    """Removes what no version has used for a month. What runs has its modules in memory and is not harmed."""
    with contextlib.suppress(OSError):
        ages = sorted(((time.time() if now is None else now) - path.stat().st_mtime, path) for path in parent.iterdir())
        for age, path in ages[_KEPT:]:
            if age < _OLD_S:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _is_whole(folder: Path, texts: Mapping[str, str]) -> bool:
    """Whether the folder holds these modules, byte for byte, and no other."""
    try:
        if {path.name for path in folder.glob("*.py")} != {f"{name}.py" for name in texts}:
            return False
        return all((folder / f"{name}.py").read_bytes() == text.encode() for name, text in texts.items())
    except OSError:
        return False


def _write(parent: Path, folder: Path, texts: Mapping[str, str]) -> None:
    new = parent / f"{_NEW}{uuid.uuid4().hex}"
    new.mkdir(parents=True)
    try:
        for name, text in texts.items():
            (new / f"{name}.py").write_bytes(text.encode())
        with contextlib.suppress(OSError):
            new.rename(folder)
            return
        # There is one already: damaged, or written by somebody else a moment ago.
        if not _is_whole(folder, texts):
            folder.rename(parent / f"{_NEW}{uuid.uuid4().hex}")
            new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    if not _is_whole(folder, texts):
        raise OSError(f"what was written into {folder} is not what is there now")
