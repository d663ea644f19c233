"""The only place where the Firestore gateway imports Google's packages.

Thread: worker only.
"""

import functools
import gc
from dataclasses import dataclass
from typing import Any

import tdg_core_errors

CloudError = tdg_core_errors.CloudError


@dataclass(frozen=True)
class Api:
    """What the gateway uses of Google's client: its generated messages and what makes an authorised channel.

    Attributes:
        grpc: The package.
        messages: Protobuf classes of google.firestore.v1 by name, without the wrappers that cost microseconds each.
        auth_request: Makes the HTTP request object that google-auth refreshes credentials with.
        auth_plugin: google-auth's plugin that puts a token into each call.
        sdk: The client package, for values of its classes.
        vector: The client's class of vectors.
        datetime: The client's class of times with nanoseconds.
    """

    grpc: Any
    messages: dict[str, Any]
    auth_request: Any
    auth_plugin: Any
    sdk: Any
    vector: Any
    datetime: Any


_MESSAGES = (
    "BatchGetDocumentsRequest", "BatchGetDocumentsResponse", "CommitRequest", "CommitResponse",
    "ListCollectionIdsRequest", "ListCollectionIdsResponse", "ListDocumentsRequest", "ListDocumentsResponse",
    "ListenRequest", "ListenResponse",
)  # fmt: skip


@functools.cache
def load() -> Api:
    """Imports the packages, once.

    Raises:
        CloudError: `packages` if one is missing.
    """
    try:
        import google.api_core.datetime_helpers
        import google.auth.transport.grpc
        import google.auth.transport.requests
        import google.cloud.firestore
        import google.cloud.firestore_v1.vector
        import grpc
        from google.cloud.firestore_v1 import types
    except ImportError as error:
        raise CloudError("packages", f"Google's packages cannot be imported: {error.name} is missing.") from None
    # Modules stay for good: without this each full collection looks at their tens of thousands of objects again, which
    # costs a frame or more of whatever thread it happens in.
    if not gc.get_freeze_count():
        gc.freeze()
    return Api(
        grpc=grpc,
        messages={name: getattr(types, name).pb() for name in _MESSAGES},
        auth_request=google.auth.transport.requests.Request,
        auth_plugin=google.auth.transport.grpc.AuthMetadataPlugin,
        sdk=google.cloud.firestore,
        vector=google.cloud.firestore_v1.vector.Vector,
        datetime=google.api_core.datetime_helpers.DatetimeWithNanoseconds,
    )
