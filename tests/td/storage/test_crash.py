"""A round of what `soak storage` does for hours: killed processes on a bad network in front of a sick server."""

from pathlib import Path

import pytest

from emulators import StorageEmulator
from emulators_fixtures import unique_name
from soak import storage


@pytest.mark.timeout(300)
def test_whatever_is_killed_nothing_accepted_is_lost_or_torn(
    built: Path, tmp_path: Path, own_storage: StorageEmulator
) -> None:
    (tmp_path / "tox").symlink_to(built)
    assert storage.play(tmp_path, own_storage, unique_name("crash"), seed=1, crashes=2)
