"""Fixtures for all suites."""

pytest_plugins = ["engine_modes", "emulators_fixtures", "firestore_fixtures", "probe_fixtures"]
