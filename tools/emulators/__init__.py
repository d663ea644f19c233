"""Google Cloud on loopback for tests, demo and benchmarks: Storage, Firestore, and a proxy that breaks the network."""

from .base import Emulator, external_or
from .firestore import FirestoreEmulator
from .process import EmulatorError
from .proxy import Proxy
from .storage import LoggedRequest, StorageEmulator

__all__ = [
    "Emulator",
    "EmulatorError",
    "FirestoreEmulator",
    "LoggedRequest",
    "Proxy",
    "StorageEmulator",
    "external_or",
]
