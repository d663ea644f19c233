"""What the server or the network answered, as our own error in words for a person.

Thread: worker only.
"""

from dataclasses import dataclass
from typing import Any

import tdg_core_errors
import tdg_gateway_errors

CloudError = tdg_core_errors.CloudError

#: Names of google.rpc.Code, by number.
_STATUS = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip

_WORDS = {
    "unavailable": "Firestore cannot be reached ({action}). Check the network; it is tried again by itself.",
    "deadline": "Firestore did not answer in time ({action}). Check the network; it is tried again by itself.",
    "exhausted": "Firestore's quota is used up ({action}): {details} It is tried again by itself; see the usage page.",
    "aborted": "Firestore gave up because of other writes to the same data ({action}). It is tried again by itself.",
    "internal": "Firestore failed inside ({action}): {details} It is tried again by itself.",
    "unknown": "Firestore failed ({action}): {details} It is tried again by itself.",
    "credentials": "Google does not accept the credentials ({action}). Check that the key belongs to this project, is "
    "not deleted, and that this computer's clock is right.",
    "not_found": "Firestore does not find it ({action}): {details}",
    "exists": "It exists already ({action}): {details}",
    "precondition": "Firestore refuses because of the present state ({action}): {details}",
    "invalid": "Firestore refuses it as wrong ({action}): {details}",
}

_ROLE = "Cloud Datastore User"

#: The address at which a missing index is made is long.
_MAX_DETAILS = 1000


@dataclass(frozen=True)
class Errors:
    """Makes errors for one connection.

    Attributes:
        host: Where the server is.
        project_id: Whose database it is.
        database: Its id.
    """

    host: str
    project_id: str
    database: str

    def of_rpc(self, error: Any, action: str) -> CloudError:
        """From a `grpc.RpcError`.

        Args:
            error: With its `code()` and `details()`.
            action: What was being done, e.g. `writing 3 documents`.
        """
        code, details = tdg_core_errors.code_of_grpc(error.code().name), str(error.details() or "")
        if code in {"unavailable", "unknown"}:
            trouble = tdg_gateway_errors.rpc_trouble(details, self.host)
            if trouble is not None:
                return trouble
        return self.of(code, details, action)

    def of_status(self, status: Any, action: str) -> CloudError:
        """From a `google.rpc.Status`, as it stands inside a response."""
        name = _STATUS[status.code] if status.code < len(_STATUS) else "UNKNOWN"
        return self.of(tdg_core_errors.code_of_grpc(name), status.message, action)

    def of(self, code: str, details: str, action: str) -> CloudError:
        """The error of that code in words; `details` is what the server said."""
        if code == "permission":
            return tdg_gateway_errors.forbidden(details, f"the database {self.database}", _ROLE, self.project_id)
        text = " ".join(details.split())[:_MAX_DETAILS] or "no reason given"
        if text[-1] not in ".!?":
            text += "."
        return CloudError(code, _WORDS.get(code, _WORDS["unknown"]).format(action=action, details=text))
