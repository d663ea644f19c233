"""The one error every room raises, and what each of its codes asks for.

Thread: any.

The tree is a table, not a class tree, because an error crosses the bridge as plain data (`code`, `message`):

    what to do   codes
    RETRY        network unavailable deadline aborted exhausted internal unknown checksum
    GIVE_UP      not_found exists invalid permission precondition cancelled local disk unsafe too_large
    STOP         config credentials packages

RETRY is tried again with backoff. GIVE_UP ends the one job and lets the next one run. STOP means that no job can
succeed until a person changes something; it never counts against the circuit breaker.
"""

RETRY = "retry"
GIVE_UP = "give_up"
STOP = "stop"

_TODO = {
    "network": RETRY,
    "unavailable": RETRY,
    "deadline": RETRY,
    "aborted": RETRY,
    "exhausted": RETRY,
    "internal": RETRY,
    "unknown": RETRY,
    "checksum": RETRY,
    "not_found": GIVE_UP,
    "exists": GIVE_UP,
    "invalid": GIVE_UP,
    "permission": GIVE_UP,
    "precondition": GIVE_UP,
    "cancelled": GIVE_UP,
    "local": GIVE_UP,
    "disk": GIVE_UP,
    "unsafe": GIVE_UP,
    "too_large": GIVE_UP,
    "config": STOP,
    "credentials": STOP,
    "packages": STOP,
}

#: Codes that say the server could not be reached, not that it refused something.
CONNECTION_CODES = frozenset({"network", "unavailable", "deadline"})

# https://grpc.github.io/grpc/core/md_doc_statuscodes.html; what is permanent follows the Firestore mobile SDKs,
# except that ABORTED is repeated: our writes are.
_GRPC = {
    "CANCELLED": "unavailable",
    "UNKNOWN": "unknown",
    "INVALID_ARGUMENT": "invalid",
    "DEADLINE_EXCEEDED": "deadline",
    "NOT_FOUND": "not_found",
    "ALREADY_EXISTS": "exists",
    "PERMISSION_DENIED": "permission",
    "RESOURCE_EXHAUSTED": "exhausted",
    "FAILED_PRECONDITION": "precondition",
    "ABORTED": "aborted",
    "OUT_OF_RANGE": "invalid",
    "UNIMPLEMENTED": "invalid",
    "INTERNAL": "internal",
    "UNAVAILABLE": "unavailable",
    "DATA_LOSS": "internal",
    "UNAUTHENTICATED": "credentials",
}

# https://cloud.google.com/storage/docs/json_api/v1/status-codes
_HTTP = {
    400: "invalid",
    401: "credentials",
    403: "permission",
    404: "not_found",
    408: "deadline",
    409: "exists",
    410: "not_found",
    412: "precondition",
    413: "too_large",
    416: "invalid",
    429: "exhausted",
    500: "internal",
    502: "unavailable",
    503: "unavailable",
    504: "deadline",
}


class CloudError(Exception):
    """Something that could not be done, in words for the person who asked for it.

    Args:
        code: One of the codes of this module's table; a stable word that code may branch on.
        message: One sentence: what happened, to what, and what to do. Never a secret, never a bare exception text.
        retry_after_s: The least number of seconds the server wants to be left alone.
    """

    def __init__(self, code: str, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s

    @property
    def todo(self) -> str:
        """RETRY, GIVE_UP or STOP."""
        return todo(self.code)


def todo(code: str) -> str:
    """What a code asks for; a code this version does not know is given up rather than repeated for ever."""
    return _TODO.get(code, GIVE_UP)


def code_of_grpc(name: str) -> str:
    """The code for a gRPC status name such as `UNAVAILABLE`."""
    return _GRPC.get(name, "unknown")


def code_of_http(status: int) -> str:
    """The code for an HTTP status; unlisted 5xx are the server's trouble, unlisted 4xx ours."""
    return _HTTP.get(status, "unavailable" if status >= 500 else "invalid")
