"""Callbacks of the firestore component. Keep those you need, delete the others.

Thread: main only.

All of them run on the main thread, so keep them short. An error in one is logged as a warning and stops nothing.
"""

from typing import Any


def onFirestoreChange(collection: str, doc_id: str, change_type: str, payload: dict[str, Any]) -> None:
    """A row has changed by something else than your own write.

    Args:
        collection: path of the collection, or the name of a watched query.
        doc_id: id of the document.
        change_type: 'added', 'modified' or 'removed'.
        payload: the document as GetDoc gives it; {} when it was removed.
    """


def onWriteComplete(collection: str, doc_id: str, success: bool, error: str) -> None:
    """The server has confirmed a write, or one has failed.

    Args:
        collection: path of the collection.
        doc_id: id of the document.
        success: whether the server has confirmed it.
        error: '' or what went wrong. What can be repeated stays queued and is reported again; what the server refuses
            for good is in the table dead_letters.
    """


def onDocFetched(collection: str, doc_id: str, payload: dict[str, Any] | None, success: bool, error: str) -> None:
    """What FetchDoc has read from the server.

    Args:
        collection: path of the collection.
        doc_id: id of the document.
        payload: the document, or None if there is none.
        success: whether the server has answered.
        error: '' or what went wrong.
    """


def onConnectionStateChange(state: str, error: str) -> None:
    """The connection has changed.

    Args:
        state: 'connecting', 'connected', 'disconnected', 'error' or 'reconnecting'.
        error: '' or what went wrong and what to do.
    """
