"""What the server or the network answered, as our own error in words for a person.

Thread: worker only.
"""

from typing import Any

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: Names of google.rpc.Code, by number.
_STATUS = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip

_WORDS = {
    "network": "Firestore cannot be reached ({action}). Check the network; it is tried again by itself.",
    "unavailable": "Firestore cannot be reached ({action}). Check the network; it is tried again by itself.",
    "deadline": "Firestore did not answer in time ({action}). Check the network; it is tried again by itself.",
    "exhausted": "Firestore's quota is used up ({action}): {details} It is tried again by itself; see the usage page.",
    "aborted": "Firestore gave up because of other writes to the same data ({action}). It is tried again by itself.",
    "internal": "Firestore failed inside ({action}): {details} It is tried again by itself.",
    "unknown": "Firestore failed ({action}): {details} It is tried again by itself.",
    "permission": "Firestore refuses permission ({action}): {details} Give the service account the role Cloud "
    "Datastore User, and see that the Firestore API is enabled.",
    "credentials": "Google does not accept the credentials ({action}). Check that the key belongs to this project, is "
    "not deleted, and that this computer's clock is right.",
    "not_found": "Firestore does not find it ({action}): {details}",
    "exists": "It exists already ({action}): {details}",
    "precondition": "Firestore refuses because of the present state ({action}): {details}",
    "invalid": "Firestore refuses it as wrong ({action}): {details}",
}

# What gRPC says when google-auth could not give it a token.
_PLUGIN = "Getting metadata from plugin failed"
#: Answers of the token server that no waiting will change.
_DEAD_CREDENTIALS = ("invalid_grant", "invalid_client", "unauthorized_client", "account not found")

_MAX_DETAILS = 300


def error_of_rpc(error: Any, action: str) -> CloudError:
    """From a `grpc.RpcError`.

    Args:
        error: With its `code()` and `details()`.
        action: What was being done, e.g. `writing 3 documents`.
    """
    details = str(error.details() or "")
    if details.startswith(_PLUGIN):
        dead = any(word in details.lower() for word in _DEAD_CREDENTIALS)
        return error_of("credentials" if dead else "network", "", action)
    return error_of(tdg_core_errors.code_of_grpc(error.code().name), details, action)


def error_of_status(status: Any, action: str) -> CloudError:
    """From a `google.rpc.Status`, as it stands inside a response."""
    name = _STATUS[status.code] if status.code < len(_STATUS) else "UNKNOWN"
    return error_of(tdg_core_errors.code_of_grpc(name), status.message, action)


def error_of(code: str, details: str, action: str) -> CloudError:
    """The error of that code in words; `details` is what the server said."""
    text = " ".join(details.split())[:_MAX_DETAILS] or "no reason given"
    if text[-1] not in ".!?":
        text += "."
    words = _WORDS.get(code, _WORDS["unknown"])
    return CloudError(code, words.format(action=action, details=text))
