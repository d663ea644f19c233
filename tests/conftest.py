"""Fixtures for all suites."""

pytest_plugins = ["emulators_fixtures", "firestore_fixtures", "probe_fixtures"]
