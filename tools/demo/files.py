"""The Storage half: two hundred real files up, down again to another place, and compared."""

import filecmp
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from demo.stage import Stage

COUNT = 200
TOTAL_BYTES = 64 << 20


@dataclass
class Files:
    """What happened to the files."""

    uploaded: int = 0
    downloaded: int = 0
    identical: int = 0
    failed: int = 0
    upload_s: float = 0.0
    download_s: float = 0.0

    def facts(self) -> dict[str, int]:
        """For the JSON report."""
        names = ("uploaded", "downloaded", "identical", "failed")
        return {name: getattr(self, name) for name in names}


def make(folder: Path) -> list[str]:
    """Files of mixed sizes, empty to some megabytes, in nested folders; their relative paths."""
    chance = random.Random(1)
    weights = [chance.paretovariate(0.9) for _ in range(COUNT - 1)]
    sizes = [0, *(int(TOTAL_BYTES * weight / sum(weights)) for weight in weights)]
    sizes[-1] += TOTAL_BYTES - sum(sizes)
    paths = []
    for number, size in enumerate(sizes):
        kind = ("textures/brick", "clips/été", "data/a b")[number % 3]
        path = folder / f"{kind} {number:03}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(size))
        paths.append(path.relative_to(folder).as_posix())
    return paths


def play(stage: Stage, say: Callable[[str], None]) -> Files:
    """Uploads, downloads, compares."""
    source, target = stage.folder / "assets", stage.folder / "downloaded"
    paths = make(source)
    storage, files = stage.storage, Files()
    storage.par.Localpath = str(source)
    storage.par.Remotepath = "demo/"
    storage.par.Maxconcurrent = 8
    stage.seconds(0.1)

    say(f"uploading {COUNT} files, {TOTAL_BYTES >> 20} MiB")
    started = time.monotonic()
    ids = stage.spread(storage.Upload, paths)
    _finish(stage, ids, "uploaded")
    files.upload_s = time.monotonic() - started
    files.uploaded = _count(stage, ids, "complete")

    say("downloading them to another folder")
    started = time.monotonic()
    ids = stage.spread(lambda path: storage.Download(path, str(target / path)), paths)
    _finish(stage, ids, "downloaded")
    files.download_s = time.monotonic() - started
    files.downloaded = _count(stage, ids, "complete")

    files.identical = sum((target / p).is_file() and filecmp.cmp(source / p, target / p, False) for p in paths)
    files.failed = 2 * COUNT - files.uploaded - files.downloaded
    return files


def _finish(stage: Stage, ids: list[str], done: str) -> None:
    def left() -> int:
        return len(ids) - _count(stage, ids, "complete") - _count(stage, ids, "failed")

    stage.wait(lambda: not left(), 120, f"all files {done}", lambda: f"{len(ids) - left()} of {len(ids)} {done}")


def _count(stage: Stage, ids: list[str], status: str) -> int:
    table, wanted = stage.storage.op("transfers"), set(ids)
    rows = ((table[row, "transfer_id"].val, table[row, "status"].val) for row in range(1, table.numRows))
    return sum(transfer_id in wanted and found == status for transfer_id, found in rows)
