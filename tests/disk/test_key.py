"""Everything that is chosen for a key by mistake is called what it is."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tdg_core_errors import STOP, CloudError
from tdg_disk_key import read_key

MARKER = "MARKER-PRIVATE-KEY-MATERIAL"

KEY: dict[str, Any] = {
    "type": "service_account",
    "project_id": "museum",
    "private_key_id": "1",
    "private_key": MARKER,
    "client_email": "show@museum.iam.gserviceaccount.com",
    "token_uri": "https://oauth2.googleapis.com/token",
}


def written(tmp_path: Path, content: object, name: str = "key.json") -> str:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return str(path)


def complaint(path: str) -> str:
    with pytest.raises(CloudError) as caught:
        read_key(path)
    assert caught.value.code == "config"
    assert caught.value.todo == STOP
    assert path in caught.value.message
    assert MARKER not in caught.value.message
    assert caught.value.message.endswith(".")
    return caught.value.message


def test_a_key_tells_its_project_and_hides_its_secret(tmp_path: Path) -> None:
    key = read_key(written(tmp_path, KEY))
    assert (key.project_id, key.email) == ("museum", KEY["client_email"])
    assert MARKER not in repr(key)
    assert key.info["private_key"] == MARKER


def test_a_key_saved_by_an_editor_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert read_key(written(tmp_path, b"\xef\xbb\xbf" + json.dumps(KEY).encode())).project_id == "museum"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"\x30\x82\x0a\x01\x02\x03", "P12"),
        (b"-----BEGIN PRIVATE KEY-----", "not JSON"),
        (b"\xff\xfe\x00garbage", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"x" * 2_000_000, "too large"),
        ([KEY], "no service-account key"),
        ("text", "no service-account key"),
        ({"installed": {"client_id": "x", "client_secret": MARKER}}, "OAuth client"),
        ({"web": {"client_id": "x", "client_secret": MARKER, "project_id": "p"}}, "OAuth client"),
        ({"project_info": {"project_id": "p"}, "client": []}, "Android app"),
        ({"apiKey": MARKER, "projectId": "p"}, "web app"),
        ({"type": "authorized_user", "refresh_token": MARKER}, "Use ADC"),
        ({"type": "external_account", "audience": MARKER}, "GOOGLE_APPLICATION_CREDENTIALS"),
        ({"type": "impersonated_service_account"}, "GOOGLE_APPLICATION_CREDENTIALS"),
        ({name: value for name, value in KEY.items() if name != "project_id"}, "no project_id"),
        (KEY | {"project_id": ""}, "no project_id"),
        (KEY | {"private_key": ""}, "private_key is missing"),
        (KEY | {"client_email": None}, "client_email is missing"),
        ({name: value for name, value in KEY.items() if name != "type"}, "type is missing"),
        ({}, "no project_id"),
    ],
)
def test_what_is_no_key_is_called_what_it_is(tmp_path: Path, content: object, words: str) -> None:
    assert words in complaint(written(tmp_path, content))


@pytest.mark.parametrize("suffix", [".p12", ".P12", ".pfx"])
def test_a_p12_key_is_named_by_its_suffix_too(tmp_path: Path, suffix: str) -> None:
    assert "P12" in complaint(written(tmp_path, b"anything", f"key{suffix}"))


def test_a_missing_file_says_which_parameter_to_set(tmp_path: Path) -> None:
    message = complaint(str(tmp_path / "gone.json"))
    assert "does not exist" in message
    assert "Private Key File" in message


@pytest.mark.parametrize("path", ["folder", "nul\0byte"])
def test_what_cannot_be_opened_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    assert "cannot be read" in complaint(str(tmp_path / path))


def test_an_unreadable_file_points_to_its_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, KEY)
    Path(path).chmod(stat.S_IWUSR)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # an administrator's account may read everything
    assert "permissions" in complaint(path)
