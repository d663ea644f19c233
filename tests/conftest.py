"""Fixtures for all suites."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["engine_modes", "emulators_fixtures", "firestore_fixtures", "probe_fixtures"]

# How long an example takes tells of the machine and what else it does, not of the code.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
