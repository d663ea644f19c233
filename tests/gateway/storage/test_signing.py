"""Addresses signed by Google for an account that has no key here, as on a virtual machine."""

from types import SimpleNamespace
from typing import Any

import google.auth.exceptions
import google.cloud.storage.blob
import pytest

import tdg_core_storage_paths
import tdg_gateway_signing
from tdg_core_errors import CloudError
from tdg_core_storage_settings import StorageSettings


class Machine(google.auth.credentials.Credentials):  # type: ignore[misc]
    """A machine's own account; its token has run out."""

    service_account_email = "robot@museum.iam.gserviceaccount.com"
    token = "old"
    valid = False

    def refresh(self, _request: Any) -> None:
        self.token, self.valid = "fresh", True


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What Google was asked to sign; an exception in it is what happens instead."""
    calls: list[Any] = []

    def sign(_credentials: Any, **given: Any) -> str:
        if calls:
            raise calls[0]
        calls.append(given)
        return "https://signed"

    monkeypatch.setattr(google.cloud.storage.blob, "generate_signed_url_v4", sign)
    return calls


def sign() -> str:
    identity = Machine()
    app: Any = SimpleNamespace(credentials=identity, project_id="museum", fetch_token=lambda: identity.refresh(None))
    signer = tdg_gateway_signing.signer(StorageSettings(component="storage"), app, tdg_core_storage_paths.GOOGLE)
    return signer("bucket", "a.txt", "PUT", 60.0, "image/jpeg")


def test_google_signs_for_an_account_without_a_key_and_a_fresh_token_is_shown(asked: list[Any]) -> None:
    assert sign() == "https://signed"
    [given] = asked
    assert (given["service_account_email"], given["access_token"]) == (Machine.service_account_email, "fresh")
    assert (given["method"], given["content_type"]) == ("PUT", "image/jpeg")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("Error calling the IAM signBytes API: b'denied'", "permission", "Token Creator"),
        ("Connection refused", "network", "iamcredentials.googleapis.com"),
    ],
)
def test_a_refusal_to_sign_and_a_broken_line_are_told_apart(asked: list[Any], text: str, code: str, said: str) -> None:
    asked.append(google.auth.exceptions.TransportError(text))
    with pytest.raises(CloudError, match=said) as caught:
        sign()
    assert caught.value.code == code
