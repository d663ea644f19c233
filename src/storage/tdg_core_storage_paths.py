"""Where a file lies in the bucket and on the disk: the path rules, and the refusal of whatever leads out.

Thread: any.

Three rooms of names: what a user types, the *name* of an object in the bucket (no slash in front), and absolute local
paths. Windows rules are an argument, so that both kinds are tested everywhere.
"""

import ntpath
import posixpath
import re
import urllib.parse
from types import ModuleType

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: Where Google serves buckets, for the API and for public addresses.
GOOGLE = "https://storage.googleapis.com"

#: https://cloud.google.com/storage/docs/objects#naming
_MOST_NAME_BYTES = 1024

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: https://learn.microsoft.com/windows/win32/fileio/naming-a-file; the digits ¹²³ count as 1, 2, 3 there.
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])$")
_ILLEGAL_ON_WINDOWS = re.compile(r'[<>:"|?*]')
_DRIVE = re.compile(r"^[A-Za-z]:")


def _flavour(windows: bool) -> ModuleType:
    return ntpath if windows else posixpath


# Names in the bucket --------------------------------------------------------------------------------------------------


def folder(remote_path: str) -> str:
    """*Remote Path* as a prefix: no slash in front, one at the end; empty for the whole bucket."""
    inner = remote_path.strip().strip("/")
    return f"{inner}/" if inner else ""


def name(remote_path: str, root: str) -> str:
    """The object's name for what a user calls `remote_path`.

    Args:
        remote_path: Relative to *Remote Path*, or, with a slash in front, the bucket path behind that slash.
        root: The prefix that `folder` made.

    Raises:
        CloudError: `invalid` for a name that no object can have; `unsafe` for one that leads out of *Remote Path*.
    """
    if remote_path.startswith("/"):
        full = remote_path[1:]
    else:
        if not {".", ".."}.isdisjoint(remote_path.split("/")):
            raise CloudError(
                "unsafe",
                f"{remote_path!r} leads out of Remote Path with '.' or '..'; write '/' and the whole bucket path.",
            )
        full = root + remote_path if remote_path else ""
    check_name(full)
    return full


def check_name(full: str) -> None:
    """Whether the bucket can have an object of that name.

    Raises:
        CloudError: `invalid`, saying what is wrong with it.
    """
    if not full or full.endswith("/"):
        raise CloudError("invalid", f"{full!r} names no file in the bucket; give a path that ends in a file name.")
    if "\r" in full or "\n" in full or full in {".", ".."} or full.startswith(".well-known/acme-challenge/"):
        raise CloudError("invalid", f"The bucket takes no file called {full!r}; choose another name.")
    try:
        size = len(full.encode())
    except UnicodeEncodeError:
        raise CloudError("invalid", f"{full!r} is no valid Unicode text; rename the file.") from None
    if size > _MOST_NAME_BYTES:
        raise CloudError("invalid", f"{full[:60]!r}... is {size} bytes long; the bucket takes {_MOST_NAME_BYTES}.")


def prefix(remote_prefix: str, root: str) -> str:
    """The prefix that a listing of `remote_prefix` has: below *Remote Path*, or the bucket's with a slash in front."""
    return remote_prefix[1:] if remote_prefix.startswith("/") else root + remote_prefix


def relative_name(full: str, root: str) -> str:
    """What a user calls that object: relative to *Remote Path*, or with a slash in front where it lies elsewhere."""
    return full[len(root) :] if full.startswith(root) else f"/{full}"


def public_url(base: str, bucket: str, full: str) -> str:
    """The address at which a public object can be read.

    Args:
        base: `https://storage.googleapis.com` or an emulator's address.
    """
    return f"{base}/{urllib.parse.quote(bucket)}/{urllib.parse.quote(full, safe='/~')}"


# Local paths ----------------------------------------------------------------------------------------------------------


def local(local_path: str, root: str, windows: bool) -> str:
    """The absolute path of what a user calls `local_path`: relative to *Local Path*, or absolute.

    Raises:
        CloudError: `invalid` for an empty path; `unsafe` for a relative one that leads out of *Local Path*.
    """
    flavour = _flavour(windows)
    if not local_path or "\x00" in local_path:
        raise CloudError("invalid", f"{local_path!r} names no local file; give a path.")
    if is_absolute(local_path, windows):
        return _slashed(flavour.normpath(local_path), windows)
    drive, rest = flavour.splitdrive(local_path)
    rooted = rest.startswith(("/", "\\") if windows else "/")
    joined = flavour.normpath(flavour.join(root, rest))
    # On Windows 'C:evil' and '\evil' are neither relative to our root nor absolute.
    if drive or rooted or not is_below(joined, root, windows):
        raise CloudError("unsafe", f"{local_path!r} leads out of Local Path ({root}); give an absolute path instead.")
    return _slashed(joined, windows)


def is_absolute(path: str, windows: bool) -> bool:
    """Whether a local path says by itself where it is; on Windows with a drive or a share."""
    drive, rest = _flavour(windows).splitdrive(path)
    return rest.startswith(("/", "\\") if windows else "/") and bool(drive or not windows)


def _slashed(path: str, windows: bool) -> str:
    """With forward slashes, as TouchDesigner writes paths on every system."""
    return path.replace("\\", "/") if windows else path


def is_below(path: str, root: str, windows: bool) -> bool:
    """Whether an absolute path lies below a folder, by its text alone."""
    flavour = _flavour(windows)
    path, root = (flavour.normcase(flavour.normpath(part)) for part in (path, root))
    return path.startswith(root if root.endswith(flavour.sep) else root + flavour.sep)


def below(root: str, relative: str, windows: bool) -> str:
    """The local path of an object by its name below the synced or mirrored prefix; names are hostile until proven else.

    The result is the same on every system, except for characters that only Windows forbids.

    Raises:
        CloudError: `unsafe`, saying what is wrong with the name.
    """
    problem = unsafe_name(relative, windows)
    if problem:
        raise CloudError("unsafe", f"{relative!r} from the bucket is not written to disk: {problem}; rename it there.")
    return _slashed(_flavour(windows).join(root, *relative.split("/")), windows)


def unsafe_name(relative: str, windows: bool) -> str:
    """Why a name from the bucket must not become a local path; empty if it may."""
    if _CONTROL.search(relative):
        return "it holds control characters"
    if "\\" in relative:
        return "it holds a backslash, which separates folders on Windows"
    if _DRIVE.match(relative):
        return "it begins with a drive letter"
    try:
        relative.encode()
    except UnicodeEncodeError:
        return "it is no valid Unicode text"
    for part in relative.split("/"):
        if part in {"", ".", ".."}:
            return f"{part or 'an empty part'!r} in it is no folder or file of its own"
        if _RESERVED.match(part.split(".")[0].rstrip(" ")):
            return f"{part!r} is a device on Windows"
        if windows and (_ILLEGAL_ON_WINDOWS.search(part) or part.endswith((".", " "))):
            return f"Windows takes no file called {part!r}"
    return ""


# Mirroring: one side is given, the other is to match ------------------------------------------------------------------


def mirrored_name(local_path: str, local_root: str, remote_root: str, windows: bool) -> str:
    """Where an absolute local file belongs in the bucket: at the same place below *Remote Path*.

    A file from outside *Local Path* goes directly below *Remote Path* under its own name.

    Raises:
        CloudError: As `check_name`.
    """
    flavour = _flavour(windows)
    if is_below(local_path, local_root, windows):
        relative = flavour.relpath(local_path, local_root).replace(flavour.sep, "/")
    else:
        relative = flavour.basename(local_path)
    full = remote_root + relative if relative else ""
    check_name(full)
    return full


def mirrored_local(full: str, local_root: str, remote_root: str, windows: bool) -> str:
    """Where an object belongs on the disk: at the same place below *Local Path*.

    An object from outside *Remote Path* goes to its whole bucket path below *Local Path*.

    Raises:
        CloudError: `unsafe`, as `below`.
    """
    return below(local_root, full.removeprefix(remote_root), windows)
