"""Answers that are no success, in the form of the JSON API."""

from typing import Any


class ApiError(Exception):
    """An HTTP status with the JSON API's reason and a sentence."""

    def __init__(self, status: int, reason: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.headers = headers or {}


class Aborted(Exception):  # noqa: N818 - no failure: the client or a fault ended the request
    """The connection is to be reset without an answer."""


REASONS = {400: "invalid", 401: "required", 403: "forbidden", 404: "notFound", 409: "conflict", 410: "gone"}
REASONS |= {408: "requestTimeout", 412: "conditionNotMet", 429: "rateLimitExceeded", 503: "backendError"}


def error_document(status: int, reason: str, message: str) -> dict[str, Any]:
    """https://cloud.google.com/storage/docs/json_api/v1/status-codes"""
    details = [{"domain": "global", "reason": reason, "message": message}]
    return {"error": {"code": status, "message": message, "errors": details}}


def not_found(what: str) -> ApiError:
    return ApiError(404, "notFound", f"{what} does not exist.")


def invalid(message: str) -> ApiError:
    return ApiError(400, "invalid", message)
