"""What goes wrong on the way to Google, as our own errors in words: network, certificates, clock, credentials, roles.

Thread: worker only.

Foreign exceptions are told apart by the names of their classes, so that nothing is imported for it and both gateways,
whatever they are built on, share one mapping. Their texts are searched for known words and never passed on: they may
hold parts of a key.
"""

import email.utils
import ssl
import time
from collections.abc import Iterator

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: A clock that is off by more than that makes Google refuse tokens (they are valid for an hour, minus leeway).
_TOLERATED_SKEW_S = 300.0

CLOCK = "This computer's clock is wrong, so Google refuses its credentials. Let the system set date and time by itself."

# Verification results of OpenSSL: https://docs.openssl.org/3.0/man1/openssl-verification-options/
_NOT_YET_VALID, _EXPIRED, _OTHER_HOST, _OTHER_ADDRESS = 9, 10, 62, 64
_SOMEONE_ELSE = (
    "belongs to someone else; a Wi-Fi sign-in page or a proxy answers in its place. Open a browser on this computer "
    "and sign in to the network, or ask its administrator"
)

_CERTIFICATE = {
    _NOT_YET_VALID: "is not valid yet; this computer's clock is probably wrong. Let the system set date and time",
    _EXPIRED: "has expired; this computer's clock is probably wrong. Let the system set date and time",
    _OTHER_HOST: _SOMEONE_ELSE,
    _OTHER_ADDRESS: _SOMEONE_ELSE,
}
_UNTRUSTED = (
    "is not trusted; a proxy or virus scanner probably reads the traffic. Ask its administrator for its certificate "
    "and install it on this computer, or set the environment variable REQUESTS_CA_BUNDLE to a file with it"
)

_SIGN_IN = "Open a browser on this computer: a Wi-Fi sign-in page may be waiting."

#: What can be wrong on the way to {host}.
_NO_NAME = "The name {host} cannot be looked up. Check the network cable or Wi-Fi."
_NO_TLS = f"No encrypted connection to {{host}} can be made; a proxy or firewall interferes. {_SIGN_IN}"
_NO_LISTENER = "Nothing listens at {host}. Check the address, and whether the server runs."
_NO_GRPC = f"What answers at {{host}} does not speak gRPC. Check the address. {_SIGN_IN}"
_BAD_CERTIFICATE = f"The certificate of {{host}} {_UNTRUSTED}."

#: What the details of a gRPC status say of the way to the server, in order: the first that fits.
_RPC_DETAILS = (
    (("certificate verify failed", "certificate_verify_failed"), _BAD_CERTIFICATE),
    (("dns resolution failed", "name resolution", "address lookup failed"), _NO_NAME),
    (("handshake", "ssl"), _NO_TLS),
    (("failed parsing http/2",), _NO_GRPC),
    (("connection refused",), _NO_LISTENER),
)

_IN_PLACE = f"Something else answers in place of Google's token server. {_SIGN_IN}"
_LOGIN = "The login of Application Default Credentials has expired. Run `gcloud auth application-default login`."
_GONE = "The service account of this key no longer exists. Create a new service account and key."
_DISABLED = "The service account or its key is disabled. Enable it in the Google Cloud console under Service accounts."
_DELETED = (
    "Google refuses the key: it was deleted or belongs to another service account. Create a new key in the Google "
    "Cloud console under IAM, Service accounts, Keys."
)
_NOT_ALLOWED = "Google does not allow this account to get a token. Use the key of a service account of the project."

#: What the token server says of a refused login, in order: the first that fits.
_TOKEN_ANSWERS = (
    (("reasonable timeframe", "check your iat", "token used too early"), CLOCK),
    (("reauthentication", "rapt", "expired or revoked", "bad request"), _LOGIN),
    (("account not found", "account has been deleted", "user not found"), _GONE),
    (("disabled",), _DISABLED),
    (("invalid jwt signature", "invalid_grant", "invalid signature"), _DELETED),
    (("invalid_client", "unauthorized_client", "invalid_scope", "access_denied"), _NOT_ALLOWED),
)


def unreachable(error: BaseException, host: str) -> CloudError:
    """What kept an answer of `host` from arriving: `network` or `deadline`, with the cause and what to do.

    Args:
        error: From `socket`, `ssl`, `http.client`, urllib3, requests, google-auth or httpx.
        host: Whom it was about, e.g. `oauth2.googleapis.com`.
    """
    chain = list(_chain(error))
    kinds = {name for part in chain for name in _kinds(part)}
    texts = " ".join(str(part) for part in chain).lower()
    certificate = next((part for part in chain if isinstance(part, ssl.SSLCertVerificationError)), None)
    if certificate is not None or "CertificateError" in kinds:  # urllib3 compares the names by itself
        code = _OTHER_HOST if certificate is None else certificate.verify_code
        return CloudError("network", f"The certificate of {host} {_CERTIFICATE.get(code, _UNTRUSTED)}.")
    if "ProxyError" in kinds or "tunnel connection failed" in texts:
        return CloudError("network", _proxy_sentence(texts, host))
    if kinds & {"gaierror", "NameResolutionError"}:
        return CloudError("network", _NO_NAME.format(host=host))
    if "SSLError" in kinds:
        return CloudError("network", _NO_TLS.format(host=host))
    if "ConnectionRefusedError" in kinds:
        return CloudError("network", _NO_LISTENER.format(host=host))
    if kinds & {"TimeoutError", "Timeout", "ConnectTimeout", "ReadTimeout", "ConnectTimeoutError", "ReadTimeoutError"}:
        return CloudError("deadline", f"{host} does not answer. Check the network. {_SIGN_IN}")
    return CloudError("network", f"The connection to {host} broke. Check the network; it is tried again.")


def refused_token(error: BaseException, skew_s: float = 0.0) -> CloudError:
    """Why google-auth could not get a token.

    Args:
        error: What `refresh` or `google.auth.default` raised.
        skew_s: By how many seconds this computer's clock is known to differ from the server's.
    """
    kinds = {name for part in _chain(error) for name in _kinds(part)}
    if "TransportError" in kinds or isinstance(error, OSError):
        return unreachable(error, "Google's token server")
    if "DefaultCredentialsError" in kinds:
        return CloudError(
            "config",
            "This computer has no Application Default Credentials. Run `gcloud auth application-default login`, or set "
            "GOOGLE_APPLICATION_CREDENTIALS to a key file, or set *Private Key File*.",
        )
    if getattr(error, "retryable", False):
        return CloudError("unavailable", "Google's token server is busy; it is tried again.")
    if abs(skew_s) > _TOLERATED_SKEW_S:
        return CloudError("credentials", f"{CLOCK} It is off by {abs(skew_s) / 60:.0f} minutes.")
    if kinds & {"TypeError", "KeyError"}:  # what google-auth does with an answer that is no JSON
        return CloudError("network", _IN_PLACE)
    return CloudError("credentials", _token_sentence(str(error)))


def rpc_trouble(details: str, host: str) -> CloudError | None:
    """What the details of a gRPC status tell of the way to the server; None if they tell nothing of it."""
    text = details.lower()
    if "metadata from plugin failed" in text:
        if "transporterror" in text or "max retries exceeded" in text or "failed to retrieve" in text:
            return CloudError("network", f"Google's token server cannot be reached. Check the network. {_SIGN_IN}")
        return CloudError("credentials", _token_sentence(text))
    if "http proxy" in text or "proxy returned" in text:
        return CloudError("network", _proxy_sentence(text, host))
    for words, sentence in _RPC_DETAILS:
        if any(word in text for word in words):
            return CloudError("network", sentence.format(host=host))
    return None


def forbidden(details: str, what: str, role: str, project_id: str) -> CloudError:
    """Why a server that was reached lets nothing be done: `permission`, with what to grant or to switch on.

    Args:
        details: What the server said.
        what: What was to be reached, e.g. `the bucket media`.
        role: The role that allows it, e.g. `Storage Object Admin`.
        project_id: The project of the credentials.
    """
    text = details.lower()
    if "has not been used in project" in text or "service_disabled" in text or "api is disabled" in text:
        sentence = f"The API is switched off in project {project_id}; enable it in the Google Cloud console under APIs"
    elif "billing" in text:
        sentence = f"Project {project_id} has no active billing account; see Billing in the Google Cloud console"
    elif "vpc service controls" in text or "organization's policy" in text:
        sentence = f"A policy of the organisation keeps this computer away from {what}; ask its administrator"
    else:
        sentence = (
            f"The account may not use {what} with project {project_id}. Grant it the role {role} in the Google Cloud "
            "console under IAM, or use a key of the right project"
        )
    return CloudError("permission", f"{sentence}.")


def skew_s(date_header: str | None, now_s: float | None = None) -> float:
    """By how many seconds this computer's clock is ahead of the server that sent that `Date` header; 0 if unknown."""
    try:
        sent = email.utils.parsedate_to_datetime(date_header or "").timestamp()
    except (ValueError, TypeError):
        return 0.0
    return (time.time() if now_s is None else now_s) - sent


def _token_sentence(text: str) -> str:
    lower = text.lower()
    for words, sentence in _TOKEN_ANSWERS:
        if any(word in lower for word in words):
            return sentence
    if "<html" in lower or "no access token" in lower:
        return _IN_PLACE
    return "Google does not accept the credentials. Create a new key, and see that this computer's clock is right."


def _proxy_sentence(text: str, host: str) -> str:
    if "407" in text or "authentication required" in text:
        return (
            f"The proxy on the way to {host} wants a login. Put user and password into the proxy's address in the "
            "environment variable HTTPS_PROXY, or ask its administrator."
        )
    return (
        f"The proxy on the way to {host} cannot be used. Check the environment variable HTTPS_PROXY and the system's "
        "proxy settings."
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything that it was made of, once each."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        part = waiting.pop(0)
        if not isinstance(part, BaseException) or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        waiting += [part.__cause__, part.__context__, getattr(part, "reason", None), *part.args]


def _kinds(error: BaseException) -> Iterator[str]:
    yield from (cls.__name__ for cls in type(error).__mro__)
