"""BootstrapExt: makes sure that Google's packages can be imported before a connection is tried.

Thread: main only, except `_bootstrap_worker`.
"""

import importlib.util
from typing import Any

import tdg_bridge
import tdg_core_messages
import tdg_td_tasks


class BootstrapExt:
    """Looks for the packages in a pool task and tells the connection.

    Args:
        ownerComp: The component.
    """

    def __init__(self, ownerComp: Any) -> None:
        self.ownerComp = ownerComp

    def ask_again(self) -> None:
        """The user wants to connect: a refusal of before no longer counts."""

    def ensure(self, attempt: int, tasks: tdg_td_tasks.Tasks, bridge: tdg_bridge.Bridge) -> None:
        """Answers with `PackagesReady` or `ConnectFailed` on the bridge."""
        tasks.run(_bootstrap_worker, attempt, bridge.transport.post)


def _bootstrap_worker(attempt: int, post: Any) -> None:
    missing = [name for name in ("firebase_admin",) if importlib.util.find_spec(name) is None]
    if missing:
        text = f"Google's packages are not installed: {', '.join(missing)} cannot be found."
        post(tdg_core_messages.ConnectFailed(attempt, "packages", text))
    else:
        post(tdg_core_messages.PackagesReady(attempt))
