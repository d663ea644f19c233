"""What a user asks for becomes a checked request, or is refused with a sentence."""

from typing import Any

import pytest

import tdg_core_storage_settings
from tdg_core_errors import CloudError
from tdg_core_storage_requests import SMALL_DATA, Requests


def requests(**settings: Any) -> Requests:
    values = tdg_core_storage_settings.StorageSettings(
        **{"local_path": "/project/assets", "remote_path": "media/", **settings}
    )
    numbers = iter(range(1000))
    return Requests(values, False, lambda: (f"id-{next(numbers)}", "now"))


@pytest.mark.parametrize(
    ("local", "remote", "expected_local", "expected_name"),
    [
        ("textures/brick.png", None, "/project/assets/textures/brick.png", "media/textures/brick.png"),
        ("photo.jpg", "images/hero.jpg", "/project/assets/photo.jpg", "media/images/hero.jpg"),
        ("/tmp/export.zip", "/backups/export.zip", "/tmp/export.zip", "backups/export.zip"),
        ("/tmp/export.zip", None, "/tmp/export.zip", "media/export.zip"),
        (None, "a/b.png", "/project/assets/a/b.png", "media/a/b.png"),
        ("", "a/b.png", "/project/assets/a/b.png", "media/a/b.png"),
    ],
)
def test_upload_resolves_both_sides(local: Any, remote: Any, expected_local: str, expected_name: str) -> None:
    transfer = requests().upload(local, remote, {})
    assert (transfer.local_path, transfer.remote_path) == (expected_local, expected_name)


@pytest.mark.parametrize(
    ("remote", "local", "expected_name", "expected_local"),
    [
        ("video.mp4", None, "media/video.mp4", "/project/assets/video.mp4"),
        ("/backups/x.zip", None, "backups/x.zip", "/project/assets/backups/x.zip"),
        ("a.png", "b/c.png", "media/a.png", "/project/assets/b/c.png"),
        ("a.png", "/tmp/a.png", "media/a.png", "/tmp/a.png"),
        (None, "x/y.png", "media/x/y.png", "/project/assets/x/y.png"),
    ],
)
def test_download_resolves_both_sides(remote: Any, local: Any, expected_name: str, expected_local: str) -> None:
    transfer = requests().download(remote, local)
    assert (transfer.remote_path, transfer.local_path) == (expected_name, expected_local)


def test_only_an_absolute_target_may_lie_behind_a_link() -> None:
    assert requests().download("a.png", None).options == {"root": "/project/assets"}
    assert requests().download("a.png", "b.png").options == {"root": "/project/assets"}
    assert requests().download("a.png", "/tmp/b.png").options == {}


@pytest.mark.parametrize(
    "ask",
    [
        lambda make: make.upload(None, None, {}),
        lambda make: make.upload("../x", None, {}),
        lambda make: make.upload("a", "../../x", {}),
        lambda make: make.upload("a", "folder/", {}),
        lambda make: make.download("", ""),
        lambda make: make.download("/../x", None),
        lambda make: make.remote("delete", ""),
        lambda make: make.remote("delete", None),
        lambda make: make.signed_url("a", 0, "GET", None),
        lambda make: make.signed_url("a", 10081, "GET", None),
        lambda make: make.signed_url("a", "soon", "GET", None),
        lambda make: make.signed_url("a", 5, "POST", None),
        lambda make: make.data("text", "a", {}, "/spool"),
        lambda make: make.data(None, "a", {}, "/spool"),
        lambda make: make.data(b"x", "", {}, "/spool"),
        lambda make: make.upload_options(None, None, "text", None),
    ],
)
def test_what_can_never_run_is_refused_with_a_sentence(ask: Any) -> None:
    with pytest.raises(CloudError) as error:
        ask(requests())
    assert error.value.message.endswith(".")


def test_options_hold_only_what_was_given() -> None:
    make = requests()
    assert make.upload_options(None, None, None, None) == {}
    assert make.upload_options(True, "a/b", {"n": 1}, "no-cache") == {
        "make_public": True,
        "content_type": "a/b",
        "metadata": {"n": "1"},
        "cache_control": "no-cache",
    }


def test_make_public_follows_the_parameter_unless_told_otherwise() -> None:
    public = requests(make_public=True)
    assert public.upload_options(None, None, None, None) == {"make_public": True}
    assert public.upload_options(False, None, None, None) == {}
    assert requests().upload_options(True, None, None, None) == {"make_public": True}


def test_small_data_goes_with_the_request_and_large_data_does_not() -> None:
    make = requests()
    small, content = make.data(bytearray(b"x" * SMALL_DATA), "a.bin", {}, "/spool")
    assert small.size == len(content) == SMALL_DATA
    assert "data" in small.options
    large, _ = make.data(memoryview(b"x" * (SMALL_DATA + 1)), "a.bin", {}, "/spool")
    assert "data" not in large.options
    assert large.local_path == f"/spool/{large.id}"


def test_listing_keeps_the_prefix_as_given() -> None:
    transfer = requests().listing("tex", "")
    assert transfer.remote_path == "media/tex"
    assert transfer.options == {"prefix": "tex", "delimiter": ""}


# Settings -------------------------------------------------------------------------------------------------------------


def settings_of(**values: Any) -> tdg_core_storage_settings.StorageSettings:
    return tdg_core_storage_settings.from_parameters(
        values, component="storage", private_key_file="", local_path="/p", cache_folder="/c", store_file="/c/x.db"
    )


def test_settings_have_the_documented_defaults() -> None:
    found = settings_of()
    assert (found.max_concurrent, found.max_delete, found.conflict_mode) == (3, 50, "newest")
    assert (found.make_public, found.delete_remote, found.delete_local, found.watch_folder) == (False,) * 4
    assert found.target == ""
    assert not found.local_path_chosen


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("Maxconcurrent", 0, "max_concurrent", 1),
        ("Maxconcurrent", 10_000, "max_concurrent", 64),
        ("Maxconcurrent", "many", "max_concurrent", 3),
        ("Maxdelete", 300, "max_delete", 100),
        ("Maxdelete", -5, "max_delete", 0),
        ("Conflictmode", "unheard of", "conflict_mode", "newest"),
        ("Conflictmode", "keepboth", "conflict_mode", "keepboth"),
        ("Bucket", " gs://my-bucket/ ", "target", "my-bucket"),
        ("Emulatorhost", "http://127.0.0.1:9000/", "emulator_host", "127.0.0.1:9000"),
        ("Localpath", "assets", "local_path_chosen", True),
    ],
)
def test_values_are_brought_into_range(name: str, value: Any, field: str, expected: Any) -> None:
    assert getattr(settings_of(**{name: value}), field) == expected


def test_default_bucket_is_the_projects() -> None:
    assert tdg_core_storage_settings.default_bucket("my-project") == "my-project.firebasestorage.app"


def test_settings_survive_their_plain_form() -> None:
    found = settings_of(Bucket="b", Maxconcurrent=7)
    assert tdg_core_storage_settings.StorageSettings.from_plain(found.as_plain()) == found


def test_half_a_character_is_refused_in_words_wherever_it_stands() -> None:
    metadata = {"title": "half: \ud800"}
    for size in (1, 1 << 20):
        options = requests().upload_options(None, None, metadata, None)
        with pytest.raises(CloudError, match="half a character"):
            requests().data(b"x" * size, "a.bin", options, "/spool")
