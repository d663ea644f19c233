"""Whom a connection trusts: the system's certificates, Mozilla's, and those that the environment names.

Thread: worker only.

Each library of Google's client brings roots of its own and looks at nothing else, so a certificate that an
administrator has given the whole computer - that of a proxy which reads the traffic - would count for none of them.
"""

import contextlib
import os
import ssl
from pathlib import Path

#: Variables that name a file of certificates, for requests, OpenSSL and curl.
_FILES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")

#: A user who sets this has chosen for gRPC already.
_GRPC_FILE = "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"


def context(bundle: str) -> ssl.SSLContext:
    """A client's TLS with all of these roots.

    Args:
        bundle: The file with Mozilla's roots, of certifi.
    """
    made = ssl.create_default_context()
    for file in (bundle, *filter(None, map(os.environ.get, _FILES))):
        with contextlib.suppress(OSError):  # ssl.SSLError is one: a file without certificates adds none
            made.load_verify_locations(file)
    return made


def grpc_roots(bundle: str) -> bytes | None:
    """The same as PEM, which gRPC wants; None leaves it to gRPC."""
    if os.environ.get(_GRPC_FILE):
        return None
    system = context(bundle).get_ca_certs(binary_form=True)
    extra = "".join(ssl.DER_cert_to_PEM_cert(certificate) for certificate in system)
    try:
        return Path(bundle).read_bytes() + b"\n" + extra.encode()
    except OSError:
        return extra.encode() or None
