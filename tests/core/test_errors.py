"""What each error asks for."""

import grpc
import pytest

import tdg_core_errors
from tdg_core_errors import GIVE_UP, RETRY, STOP, code_of_grpc, code_of_http, todo


@pytest.mark.parametrize("status", list(grpc.StatusCode))
def test_every_grpc_status_has_a_code_of_the_table(status: grpc.StatusCode) -> None:
    if status is not grpc.StatusCode.OK:
        assert todo(code_of_grpc(status.name)) in {RETRY, GIVE_UP, STOP}
        assert code_of_grpc(status.name) != "unknown" or status is grpc.StatusCode.UNKNOWN


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("UNAVAILABLE", RETRY),
        ("DEADLINE_EXCEEDED", RETRY),
        ("ABORTED", RETRY),
        ("RESOURCE_EXHAUSTED", RETRY),
        ("INTERNAL", RETRY),
        ("NOT_FOUND", GIVE_UP),
        ("INVALID_ARGUMENT", GIVE_UP),
        ("PERMISSION_DENIED", GIVE_UP),
        ("FAILED_PRECONDITION", GIVE_UP),
        ("UNAUTHENTICATED", STOP),
        ("FROM_THE_FUTURE", RETRY),
    ],
)
def test_transient_failures_are_repeated_and_permanent_ones_are_not(name: str, expected: str) -> None:
    assert todo(code_of_grpc(name)) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, GIVE_UP),
        (401, STOP),
        (403, GIVE_UP),
        (404, GIVE_UP),
        (408, RETRY),
        (412, GIVE_UP),
        (429, RETRY),
        (418, GIVE_UP),
    ]
    + [(status, RETRY) for status in (500, 502, 503, 504, 599)],
)
def test_http_status_codes(status: int, expected: str) -> None:
    assert todo(code_of_http(status)) == expected


def test_a_code_of_another_version_is_not_repeated_for_ever() -> None:
    assert todo("from the future") == GIVE_UP


def test_an_error_says_its_message_and_what_to_do() -> None:
    error = tdg_core_errors.CloudError("network", "The cable is pulled.")
    assert (str(error), error.code, error.todo) == ("The cable is pulled.", "network", RETRY)
