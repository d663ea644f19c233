"""Locks and requirements, read the way pip and uv mean them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import layout
from tdg_core_packages import Requirement, listed, normalised, number, pins, supersedes

LOCK = layout.RUNTIME_LOCK.read_text(encoding="utf-8")


def test_every_package_of_the_real_lock_is_read() -> None:
    found = pins(LOCK)
    assert len(found) == sum("==" in line and not line.startswith((" ", "#")) for line in LOCK.splitlines())
    assert found["firebase-admin;"].startswith("7.")
    assert len([name for name in found if name.startswith("cryptography;")]) == 2  # one for macOS with Intel


def test_every_package_of_the_real_lock_has_hashes_and_no_address() -> None:
    entries = LOCK.split("\n    # via")
    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry)
    assert "://" not in LOCK


def test_the_installer_is_pinned_with_hashes() -> None:
    lock = layout.INSTALLER_LOCK.read_text(encoding="utf-8")
    assert list(pins(lock)) == ["uv;"]
    assert "--hash=sha256:" in lock


def test_a_newer_lock_supersedes_an_older_one_and_not_the_reverse() -> None:
    old, new = {"a;": "1.9", "b;": "2"}, {"a;": "1.10", "b;": "2"}
    assert supersedes(new, old)
    assert not supersedes(old, new)
    assert not supersedes(old, dict(old))


def test_a_lock_with_another_package_supersedes_one_without() -> None:
    assert supersedes({"a;": "1", "b;": "1"}, {"a;": "1"})
    assert not supersedes({"a;": "1"}, {"a;": "1", "b;": "1"})


def test_anything_supersedes_an_environment_of_unknown_versions() -> None:
    assert supersedes({"a;": "1"}, {})


PINS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["1", "1.2", "2", "1.10"]), max_size=4)


@given(PINS, PINS)
def test_two_components_never_take_turns_at_replacing_each_other_s_packages(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert not (supersedes(one, other) and supersedes(other, one))


@pytest.mark.parametrize(
    ("line", "version", "expected"),
    [
        ("requests>=2.20.0", "2.19.1", False),
        ("requests>=2.20.0", "2.20", True),
        ("requests (<3.0.0,>=2.20.0)", "3.0", False),
        ("requests<3.0.0dev,>=2.20.0", "2.31", True),
        ("urllib3 !=1.25.0", "1.25", False),
        ("grpcio~=1.33", "1.40", True),
        ("grpcio~=1.33.2", "1.40", False),
        ("grpcio~=1.33", "2.0", False),
        ("idna==3.*", "3.7", True),
        ("idna==3.*", "2.7", False),
        ("idna!=3.*", "3.7", False),
        ("charset_normalizer<4,>=2", "3.4.1", True),
        ("proto-plus", "anything", True),
        ("x===weird", "1", True),
    ],
)
def test_requirements_allow_what_pip_would_allow(line: str, version: str, expected: bool) -> None:
    requirement = Requirement.parse(line)
    assert requirement is not None
    assert requirement.allows(version) is expected


def test_requirements_for_some_systems_or_extras_are_told_apart() -> None:
    always, sometimes = Requirement.parse("Charset_Normalizer>=2"), Requirement.parse("brotli ; extra == 'x'")
    assert always is not None
    assert sometimes is not None
    assert (always.name, always.always, str(always)) == ("charset-normalizer", True, ">=2")
    assert not sometimes.always
    assert Requirement.parse("!!") is None


def test_versions_compare_as_numbers() -> None:
    assert number("2.10") > number("2.9")
    assert number("2.0") == number("2") == number("v2.0.0")
    assert number("nonsense") == ()


def test_names_agree_in_all_spellings() -> None:
    assert normalised("Google_Cloud.Storage") == normalised("google-cloud--storage") == "google-cloud-storage"


def test_lists_are_read_as_people_write_them() -> None:
    assert (listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])) == ("a", "a and b", "a, b and c")
