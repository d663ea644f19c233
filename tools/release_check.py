"""What must not be in a released file: a secret, a link to a file, a path of somebody's machine."""

import re
from collections.abc import Iterator, Mapping

import layout

#: What gives a secret away, by its form.
SECRETS = {
    "a private key": rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[A-Za-z0-9+/\\]{16}",
    "the key of a service account": rb"\"private_key_id\"\s*:\s*\"[0-9a-f]{16,}",
    "an API key of Google": rb"\bAIza[0-9A-Za-z_-]{35}\b",
    "an access token of Google": rb"\bya29\.[0-9A-Za-z_-]{20,}",
    "a refresh token of Google": rb"\b1//0[0-9A-Za-z_-]{20,}",
    "an OAuth client secret": rb"\bGOCSPX-[0-9A-Za-z_-]{20,}",
    "a signed token": rb"\beyJ[0-9A-Za-z_-]{20,}\.eyJ[0-9A-Za-z_-]{20,}\.",
}

#: Rows of an operator's parameters that tie it to a file of the machine it was made on.
_LINKS = re.compile(rb"^(file|syncfile|loadonstart|externaltox|enableexternaltox) \d+ (.*)$", re.MULTILINE)
_OFF = (b"off", b'""', b"0")


def findings(files: Mapping[str, bytes], machine: tuple[str, ...] = ()) -> list[str]:
    """Every place that must not go out, without showing what it is.

    Args:
        files: content of each file, by its path.
        machine: paths of this machine, such as the folder of the checkout.
    """
    return [f"{path}:{line} holds {what}" for path, body in files.items() for line, what in _found(path, body, machine)]


def _found(path: str, body: bytes, machine: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    patterns = {**SECRETS, "a path of somebody's machine": layout.HOME_PATH.encode()}
    patterns |= {f"the path {one}": re.escape(one.encode()) for one in machine if len(one) > 1}
    for what, pattern in patterns.items():
        for match in re.finditer(pattern, body):
            yield body.count(b"\n", 0, match.start()) + 1, what
    if path.endswith(".parm"):
        for match in _LINKS.finditer(body):
            if match[2].strip() not in _OFF:
                yield body.count(b"\n", 0, match.start()) + 1, f"a link to a file ({match[1].decode()})"
