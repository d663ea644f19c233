"""A release: refused when anything is not as it must be, complete when it is made, and the same bytes every time."""

import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

import build
import layout
import release
import release_check
import release_manifest
import tox_format
from component_fixture import edit
from headless_td import Host

DATE = "2027-03-04"
CHANGELOG = """# Changelog

## Unreleased

### Fixed

- Uploads stopped for good when the disk was full.

## 0.1.0 - 2027-01-01

### Added

- Everything.
"""


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Tester", "-c", "user.email=tester@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Change something")


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the real source and a changelog with something to release."""
    folder = tmp_path_factory.mktemp("origin")
    shutil.copytree(layout.SRC, folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE", ".gitignore"):
        shutil.copy(layout.ROOT / name, folder / name)
    (folder / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    git(folder, "init", "-q")
    commit(folder)
    return folder


@pytest.fixture
def checkout(origin: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "-q", str(origin), "checkout")
    return tmp_path / "checkout"


def make(folder: Path, version: str = "0.2.0") -> list[Path]:
    return release.release(folder, version, DATE, collapse="skip")


def source(folder: Path) -> dict[str, bytes]:
    names = git(folder, "ls-files").splitlines()
    return {name: (folder / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def released(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which a release was made; not to be changed."""
    folder = tmp_path_factory.mktemp("released")
    git(folder, "clone", "-q", str(origin), "checkout")
    make(folder / "checkout")
    return folder / "checkout"


# What is in its way -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "complaint"),
    [
        ("1.0", "no version; give three numbers"),
        ("v0.2.0", "no version; give three numbers"),
        ("0.1.0", "not higher than 0.1.0, which is released"),
        ("0.0.9", "not higher than 0.1.0, which is released"),
    ],
)
def test_version_that_is_none_or_not_higher_is_refused(checkout: Path, version: str, complaint: str) -> None:
    before = source(checkout)
    with pytest.raises(release.ReleaseError, match=complaint):
        make(checkout, version)
    assert source(checkout) == before


def test_version_below_that_of_the_source_is_refused(checkout: Path) -> None:
    edit(checkout, "pyproject.toml", 'version = "0.1.0"', 'version = "0.10.0"')
    commit(checkout)
    with pytest.raises(release.ReleaseError, match=r"0\.9\.0 is lower than 0\.10\.0 in pyproject\.toml"):
        make(checkout, "0.9.0")


def test_version_that_has_a_tag_is_refused(checkout: Path) -> None:
    git(checkout, "tag", "v0.2.0")
    with pytest.raises(release.ReleaseError, match=r"There is a tag v0\.2\.0 already"):
        make(checkout)


@pytest.mark.parametrize("name", ["src/storage/component.toml", "notes.txt"])
def test_changed_or_unknown_file_is_refused_by_its_name(checkout: Path, name: str) -> None:
    with (checkout / name).open("a", encoding="utf-8") as file:
        file.write("# mine\n")
    with pytest.raises(release.ReleaseError, match=f"not committed(.|\n)*{name}"):
        make(checkout)


@pytest.mark.parametrize("entry", ["", "Uploads stopped for good when the disk was full."])
def test_changelog_without_an_entry_is_refused(checkout: Path, entry: str) -> None:
    edit(checkout, "CHANGELOG.md", "- Uploads stopped for good when the disk was full.", entry)
    commit(checkout)
    with pytest.raises(release.ReleaseError, match="no entry under '## Unreleased'"):
        make(checkout)


@pytest.mark.parametrize(
    ("planted", "complaint"),
    [
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B", "a private key"),
        ('"private_key_id": "0123456789abcdef0123"', "the key of a service account"),
        ("AIza" + "Sy0123456789abcdefghijklmnopqrstu" + "vw", "an API key of Google"),
        ("ya29." + "a0AfB_byC0123456789abcdef", "an access token of Google"),
        ("eyJ" + "hbGciOiJSUzI1NiIsInR5cCI6" + ".eyJ" + "pc3MiOiJhQGIuYyIsInNjb3Bl" + ".c2ln", "a signed token"),
        ("/Users/" + "somebody/show", "a path of somebody's machine"),
        ("C:\\Users\\" + "somebody\\show", "a path of somebody's machine"),
        ("/srv/checkout/src", "the path /srv/checkout"),
    ],
)
def test_what_must_not_go_out_is_found_and_not_shown(planted: str, complaint: str) -> None:
    files = {"clean.text": b"/Users/you/show, a key file", "local/x.text": f"one\n{planted}\n".encode()}
    assert release_check.findings(files, machine=("/srv/checkout",)) == [f"local/x.text:2 holds {complaint}"]


def test_secret_in_what_is_built_is_refused_and_leaves_the_source_as_it_was(checkout: Path) -> None:
    secret = "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0B"
    edit(checkout, "src/common/tdg_td_help.py", "import Path\n", f'import Path\n\nKEY = "{secret}"\n')
    commit(checkout)
    before = source(checkout)
    with pytest.raises(release.ReleaseError, match=r"local/modules/tdg_td_help\.\w+:\d+ holds a private key") as caught:
        make(checkout)
    assert "MIIE" not in str(caught.value)
    assert source(checkout) == before


def test_link_to_a_file_is_refused(checkout: Path) -> None:
    edit(
        checkout,
        "src/common/component.toml",
        "[operator.log.parameters]\n",
        '[operator.log.parameters]\nexternaltox = "media/log.tox"\n',
    )
    commit(checkout)
    with pytest.raises(release.ReleaseError, match=r"log\.parm:\d+ holds a link to a file \(externaltox\)"):
        make(checkout)


def test_description_that_cannot_be_built_leaves_the_source_as_it_was(checkout: Path) -> None:
    edit(checkout, "src/storage/component.toml", 'viewer = "status_view"', 'viewer = "gone"')
    commit(checkout)
    before = source(checkout)
    with pytest.raises(release.ReleaseError, match="'gone' is no operator"):
        make(checkout)
    assert source(checkout) == before


def test_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(release.ReleaseError, match="git status failed"):
        make(tmp_path)


def test_command_says_what_is_in_the_way(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["0.1.0", "--root", str(checkout)]) == 1
    assert "No release was made. 0.1.0 is not higher" in capsys.readouterr().err


# What it makes ------------------------------------------------------------------------------------------------------


def test_version_build_number_and_date_are_those_of_the_release(released: Path, tmp_path: Path) -> None:
    """In the source, and on the About page of the built component."""
    assert git(released, "diff", "--name-only").splitlines() == [
        "CHANGELOG.md",
        "pyproject.toml",
        "src/common/component.toml",
    ]
    with Host(tmp_path) as host:
        comp = host.load_tox(released / "tox/storage.tox.dir")
        comp.par.Autoconnect = False
        host.frame(2)
        about = [comp.par[name].eval() for name in ("Version", "Build", "Date")]
    assert about == ["0.2.0", 2, DATE]


def test_changelog_is_turned(released: Path) -> None:
    entry = "\n\n### Fixed\n\n- Uploads stopped for good when the disk was full.\n\n"
    expected = CHANGELOG.replace(entry, f"\n\n## 0.2.0 - {DATE}{entry}")
    assert (released / "CHANGELOG.md").read_text(encoding="utf-8") == expected


def test_manifest_names_commit_builds_locks_and_every_file(released: Path) -> None:
    manifest = json.loads((released / "tox/manifest.json").read_text(encoding="ascii"))
    assert manifest["version"] == "0.2.0"
    assert manifest["source_commit"] == git(released, "rev-parse", "HEAD")
    assert manifest["touchdesigner"] == {"oldest_build": "2025.32050"}
    lock = (released / "src/common/requirements.lock").read_bytes()
    assert manifest["locks"]["requirements.lock"] == hashlib.sha256(lock).hexdigest()
    files = {path.relative_to(released / "tox").as_posix(): path for path in (released / "tox").rglob("*.*")}
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items() if path.is_file()}
    del hashes["manifest.json"]
    assert manifest["files"] == hashes


def test_released_files_pass_the_check_of_the_build(released: Path) -> None:
    assert build.differences(build.make(released), released / "tox") == []


@pytest.mark.parametrize("name", layout.COMPONENTS)
def test_archive_holds_what_a_user_needs(released: Path, tmp_path: Path, name: str) -> None:
    """Unpacked anywhere, its installer alone makes this component, in this version."""
    with zipfile.ZipFile(released / f"build/release/td-gcp-{name}-0.2.0.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "unpacked")
    unpacked = tmp_path / "unpacked"
    assert {"install.py", "help.html", "LICENSE", "QUICKSTART.txt"} <= {path.name for path in unpacked.iterdir()}
    assert "0.2.0 (build 2 of 2027-03-04)" in (unpacked / "QUICKSTART.txt").read_text(encoding="ascii")
    assert tox_format.read_component(unpacked / f"{name}.tox.dir").name == name
    with Host(tmp_path / "project") as host:
        host.run_file(unpacked / "install.py")
        assert [child.name for child in host.op("/project1").children if child.isCOMP] == [name]
        comp = host.op(f"/project1/{name}")
        comp.par.Autoconnect = False
        host.frame(2)
        assert comp.par.Version.eval() == "0.2.0"


def test_same_commit_and_date_give_the_same_archives(released: Path, checkout: Path) -> None:
    again = make(checkout)
    first = {path.name: path.read_bytes() for path in (released / "build/release").iterdir()}
    assert {path.name: path.read_bytes() for path in again} == first
    manifest = release_manifest.FILE_NAME
    assert (checkout / "tox" / manifest).read_bytes() == (released / "tox" / manifest).read_bytes()


@pytest.fixture
def again(released: Path, tmp_path: Path) -> Path:
    """A released checkout that may be changed."""
    shutil.copytree(released, tmp_path / "again")
    return tmp_path / "again"


def test_manifest_goes_with_the_next_change_of_a_component(again: Path) -> None:
    """It never stands beside files that it does not describe."""
    edit(again, "src/storage/component.toml", "How many transfers run at once", "The number of transfers at once")
    changed = build.make(again)
    assert "manifest.json is of a release whose files were others" in build.differences(changed, again / "tox")
    build.write(changed, again / "tox")
    assert build.differences(changed, again / "tox") == []
    assert not (again / "tox/manifest.json").exists()


def test_manifest_stays_as_long_as_nothing_changes(again: Path) -> None:
    assert build.write(build.make(again), again / "tox") == 0
    assert (again / "tox/manifest.json").is_file()


def test_next_release_starts_from_a_clean_commit_with_something_to_tell(again: Path) -> None:
    with pytest.raises(release.ReleaseError, match="not committed"):
        make(again, "0.3.0")
    commit(again)
    with pytest.raises(release.ReleaseError, match="no entry"):
        make(again, "0.3.0")
