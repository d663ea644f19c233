"""What uv and pip say when they fail, as they really say it; by a word of what a person is told."""

OUTPUTS = {
    "no network": (
        "error: Request failed after 3 retries in 4.8s\n  cause: Failed to fetch: http://x/simple/a/\n"
        "  cause: client error (Connect)\n  cause: dns error\n  cause: failed to lookup address information"
    ),
    "cannot be reached": (
        "error: Failed to fetch: http://x/simple/anyio/\n  cause: error sending request for url\n"
        "  cause: tcp connect error\n  cause: Connection refused (os error 111)"
    ),
    "proxy": (
        "error: Failed to fetch: https://x/simple/httpcore/\n  cause: error sending request for url\n"
        "  cause: client error (Connect)\n  cause: tunnel error: unsuccessful"
    ),
    "user and password": "cause: client error (Connect)\n  cause: tunnel error: proxy authorization required",
    "certificate": "error: Failed to fetch\n  cause: invalid peer certificate: UnknownIssuer",
    "other credentials": (
        "error: No solution found when resolving dependencies\n  cause: Because anyio was not found\n\n"
        "hint: An index returned a 403 Forbidden error."
    ),
    "does not have the locked versions": (
        "error: No solution found when resolving dependencies\n"
        "  cause: Because anyio was not found in the provided package locations"
    ),
    "does not answer": "error: Failed to fetch: http://x/simple/a/\n  cause: operation timed out",
    "differs from the one that was tested": "error: Failed to download `a==1`\n  cause: Hash mismatch for `a==1`",
    "disk is full": "error: failed to write to file\n  cause: No space left on device (os error 28)",
    "permissions": "error: failed to create directory\n  cause: Permission denied (os error 13)",
    "no package for this system": "hint: You're on macOS, but there are no wheels with a matching platform tag",
    "has no pip": "/opt/td/python: No module named pip",
    "in the log": "error: something that nobody has seen before",
}
