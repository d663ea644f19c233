"""Path rules: where a file belongs, and what never leaves its root. Both systems are tested everywhere."""

import ntpath
import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tdg_core_storage_paths as paths
from tdg_core_errors import CloudError

WINDOWS = pytest.mark.parametrize("windows", [False, True])

#: Names found in buckets, by accident or malice.
HOSTILE = [
    "",
    "../x",
    "a/../../x",
    "a/./b",
    "/etc/passwd",
    "//host/share/x",
    "a//b",
    "a/",
    "C:evil",
    "c:/evil",
    "..\\x",
    "a\\b",
    "x\x00y",
    "tab\tname",
    "bell\x07",
    "del\x7f",
    "CON",
    "con.txt",
    "sub/NUL",
    "aux .png",
    "COM1",
    "lpt9.log",
    "com¹",
    "CONIN$",
    "conout$.bin",
    "\udc80broken",
]


@pytest.mark.parametrize(
    ("typed", "prefix"),
    [("", ""), ("/", ""), ("media", "media/"), ("media/", "media/"), ("/media//", "media/"), (" a/b ", "a/b/")],
)
def test_remote_path_becomes_a_prefix(typed: str, prefix: str) -> None:
    assert paths.folder(typed) == prefix


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("textures/brick.png", "media/textures/brick.png"),
        ("images/hero.jpg", "media/images/hero.jpg"),
        ("/backups/export.zip", "backups/export.zip"),
        ("/x", "x"),
        ("/a/../b", "a/../b"),
    ],
)
def test_remote_names_are_below_remote_path_unless_they_begin_with_a_slash(typed: str, name: str) -> None:
    assert paths.name(typed, "media/") == name


@pytest.mark.parametrize("typed", ["../x", "a/../../x", "./x", ".."])
def test_relative_remote_name_cannot_leave_remote_path(typed: str) -> None:
    with pytest.raises(CloudError) as error:
        paths.name(typed, "media/")
    assert error.value.code == "unsafe"


@pytest.mark.parametrize(
    "typed",
    ["", "/", "folder/", "a\nb", "a\rb", "/.", "/..", "/.well-known/acme-challenge/x", "/" + "x" * 1025, "/\ud800"],
)
def test_names_that_no_object_can_have_are_refused(typed: str) -> None:
    with pytest.raises(CloudError) as error:
        paths.name(typed, "")
    assert error.value.code in {"invalid", "unsafe"}
    assert error.value.message.endswith(".")


def test_longest_name_is_counted_in_bytes() -> None:
    assert paths.name("/" + "ü" * 512, "") == "ü" * 512
    with pytest.raises(CloudError):
        paths.name("/" + "ü" * 513, "")


def test_prefix_of_a_listing() -> None:
    assert paths.prefix("", "media/") == "media/"
    assert paths.prefix("tex", "media/") == "media/tex"
    assert paths.prefix("/backups/", "media/") == "backups/"


def test_name_for_the_user_leads_back_to_the_object() -> None:
    for full in ("media/a.png", "other/b.png"):
        assert paths.name(paths.relative_name(full, "media/"), "media/") == full


def test_public_address_quotes_all_but_slashes() -> None:
    url = paths.public_url("https://storage.googleapis.com", "b", "a b/ü?#%~.png")
    assert url == "https://storage.googleapis.com/b/a%20b/%C3%BC%3F%23%25~.png"


# Local ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "windows", "expected"),
    [
        ("a/b.png", False, "/project/assets/a/b.png"),
        ("./a", False, "/project/assets/a"),
        ("a/../b", False, "/project/assets/b"),
        ("/tmp/x.zip", False, "/tmp/x.zip"),
        ("a\\b.png", True, "C:/project/assets/a/b.png"),
        ("a/b.png", True, "C:/project/assets/a/b.png"),
        ("D:\\x.zip", True, "D:/x.zip"),
        ("\\\\server\\share\\x", True, "//server/share/x"),
    ],
)
def test_relative_local_paths_are_below_local_path(typed: str, windows: bool, expected: str) -> None:
    assert paths.local(typed, "C:/project/assets" if windows else "/project/assets", windows) == expected


@pytest.mark.parametrize(
    ("typed", "windows"),
    [("../x", False), ("a/../../x", False), ("..", False), (".", False), ("..\\x", True), ("C:x", True), ("\\x", True)],
)
def test_relative_local_path_cannot_leave_local_path(typed: str, windows: bool) -> None:
    with pytest.raises(CloudError) as error:
        paths.local(typed, "C:/project/assets" if windows else "/project/assets", windows)
    assert error.value.code == "unsafe"


@pytest.mark.parametrize("typed", ["", "a\x00b"])
def test_no_path_is_no_file(typed: str) -> None:
    with pytest.raises(CloudError) as error:
        paths.local(typed, "/project", False)
    assert error.value.code == "invalid"


def test_neighbour_with_the_same_beginning_is_not_below() -> None:
    assert paths.is_below("/a/b/c", "/a/b", False)
    assert not paths.is_below("/a/bc", "/a/b", False)
    assert not paths.is_below("/a/b", "/a/b", False)
    assert paths.is_below("/x", "/", False)
    assert paths.is_below("c:\\A\\b", "C:/a", True)


# Names from the bucket ------------------------------------------------------------------------------------------------


@WINDOWS
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_is_refused(name: str, windows: bool) -> None:
    with pytest.raises(CloudError) as error:
        paths.below("C:/root" if windows else "/root", name, windows)
    assert error.value.code == "unsafe"
    assert "not written to disk" in error.value.message


@pytest.mark.parametrize("name", ["a<b", "a>b", "12:30.png", 'q"q', "a|b", "a?b", "a*b", "dot.", "blank ", "d./x"])
def test_what_only_windows_forbids_is_refused_there_alone(name: str) -> None:
    assert paths.unsafe_name(name, windows=True)
    assert not paths.unsafe_name(name, windows=False)


@WINDOWS
@pytest.mark.parametrize("name", ["a.png", "b/c d/ü.txt", "..x", "console.log", "com10", ".hidden", "日本/字"])
def test_ordinary_name_becomes_a_path_below_the_root(name: str, windows: bool) -> None:
    root = "C:/root" if windows else "/root"
    assert paths.below(root, name, windows) == f"{root}/{name}"


@WINDOWS
@given(name=st.text(st.sampled_from("a.:/\\ \x00C~$nul*?é") | st.characters(), max_size=30))
def test_no_name_at_all_leads_out_of_the_root(name: str, windows: bool) -> None:
    """Whatever a bucket holds, a path is below the root or there is none."""
    root, flavour = ("C:\\root", ntpath) if windows else ("/root", posixpath)
    try:
        path = paths.below(root, name, windows)
    except CloudError:
        return
    assert flavour.normpath(path).startswith(root + flavour.sep)
    assert paths.is_below(path, root, windows)


# Mirroring ------------------------------------------------------------------------------------------------------------


def test_local_file_is_mirrored_below_remote_path() -> None:
    def mirror(path: str) -> str:
        return paths.mirrored_name(path, "/project/assets", "media/", windows=False)

    assert mirror("/project/assets/textures/brick.png") == "media/textures/brick.png"
    assert mirror("/elsewhere/export.zip") == "media/export.zip"


def test_windows_separators_become_slashes_in_the_bucket() -> None:
    assert paths.mirrored_name("C:\\p\\a\\b c.png", "C:/p", "m/", windows=True) == "m/a/b c.png"


def test_object_is_mirrored_below_local_path() -> None:
    def mirror(name: str) -> str:
        return paths.mirrored_local(name, "/project/assets", "media/", windows=False)

    assert mirror("media/video.mp4") == "/project/assets/video.mp4"
    assert mirror("backups/export.zip") == "/project/assets/backups/export.zip"
    with pytest.raises(CloudError):
        mirror("media/../x")


@given(parts=st.lists(st.text("abcü .-_", min_size=1, max_size=5), min_size=1, max_size=4))
def test_mirroring_there_and_back_is_the_identity(parts: list[str]) -> None:
    if not {".", ".."}.isdisjoint(parts):
        return
    local = "/root/" + "/".join(parts)
    name = paths.mirrored_name(local, "/root", "p/", windows=False)
    assert paths.mirrored_local(name, "/root", "p/", windows=False) == local
