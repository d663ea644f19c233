"""What an installer's output means for a person.

Thread: any.
"""

import re

_LOGIN = re.compile(r"://[^/\s@]*@")

_CHANGED = (
    "a package differs from the one that was tested, so nothing was installed. Someone changed it on the way: check "
    "proxy and package index"
)
_FULL = "the disk is full. Make room"
_NOT_WRITABLE = (
    "the folder cannot be written to, or a file in it is in use. Check the permissions of the project folder, and "
    "close other programs that use it"
)
_PROXY = (
    "the proxy lets nothing through. Check the environment variable HTTPS_PROXY (with user and password where the "
    "proxy wants them)"
)
_UNTRUSTED = (
    "the certificate of the package index is not trusted; a proxy or virus scanner probably reads the traffic. Ask its "
    "administrator for its certificate and set the environment variable SSL_CERT_FILE to a file with it"
)
_LOGIN_WANTED = "the package index wants other credentials. Check the address in UV_DEFAULT_INDEX or PIP_INDEX_URL"
_NO_NAME = "there is no network, or no name service. Check the network"
_SILENT = "the package index does not answer. Check the network; a Wi-Fi sign-in page may be waiting"
_UNREACHABLE = "the package index cannot be reached. Check the network"
_NO_WHEEL = "there is no package for this system and this version of Python. Update the component"
_NOT_THERE = "the package index (or wheel folder) does not have the locked versions. Update it, or use the public one"
_NO_PIP = "this TouchDesigner has no pip. Install uv yourself, its website says how"
_UNKNOWN = "the installer gave up; its words are in the log"

#: In order: the first that fits.
_MEANINGS = (
    (("hash mismatch", "do not match the hashes"), _CHANGED),
    (("no space left", "os error 28", "os error 112", "disk full"), _FULL),
    (("permission denied", "access is denied", "os error 13", "os error 5)", "read-only file system"), _NOT_WRITABLE),
    (("proxy authorization", "proxy authentication", "tunnel error", "proxyerror", "cannot connect to proxy"), _PROXY),
    (
        ("invalid peer certificate", "unknownissuer", "certificate verify failed", "certificate_verify_failed"),
        _UNTRUSTED,
    ),
    (("401 unauthorized", "403 forbidden", "valid authentication credentials"), _LOGIN_WANTED),
    (("dns error", "failed to lookup address", "name or service not known", "name resolution"), _NO_NAME),
    (("timed out", "timeout"), _SILENT),
    (("refused", "connect error", "error sending request", "network is unreachable", "failed to fetch"), _UNREACHABLE),
    (("no wheels with a matching", "no usable wheels", "building source distributions is disabled"), _NO_WHEEL),
    (("no solution found", "no matching distribution", "could not find a version"), _NOT_THERE),
    (("no module named pip",), _NO_PIP),
)


def meaning(output: str) -> str:
    """Why an installation failed and what to do, for people; without a full stop."""
    text = output.lower()
    return next((sentence for words, sentence in _MEANINGS if any(word in text for word in words)), _UNKNOWN)


def redacted(line: str) -> str:
    """A line of output without the user name and password that an address may carry."""
    return _LOGIN.sub("://***@", line)
