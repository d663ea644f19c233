"""Fixtures for all suites."""

pytest_plugins = ["engine_mode", "emulators_fixtures", "firestore_fixtures", "probe_fixtures"]
