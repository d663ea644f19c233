"""What the contract fixes for the parameters of both components."""

from typing import Any

#: Page, label, style, default (None: not fixed), whether a section begins.
Parameter = tuple[str, str, str, Any, bool]

COMMON_PARAMETERS: dict[str, Parameter] = {
    "Privatekey": ("Creds", "Private Key File", "File", "", False),
    "Emulatorhost": ("Creds", "Emulator Host", "Str", "", False),
    "Useadc": ("Creds", "Use ADC", "Toggle", False, False),
    "Autoconnect": ("Conn", "Auto Connect", "Toggle", True, False),
    "Circuitfailurethreshold": ("Conn", "Circuit Failure Threshold", "Int", 5, False),
    "Circuittimeout": ("Conn", "Circuit Timeout (s)", "Float", 60, False),
    "Backoffbase": ("Conn", "Backoff Base", "Float", 2, False),
    "Backoffmax": ("Conn", "Backoff Max (s)", "Float", 300, False),
    "Framebudget": ("Conn", "Frame Budget (ms)", "Float", 2.0, False),
    "Engine": ("Conn", "Engine", "Menu", "thread", False),
    "Createcallbacksdat": ("Callbacks", "Create", "Pulse", None, False),
    "Callbacksdat": ("Callbacks", "Callbacks DAT", "DAT", "", False),
    "Logop": ("Callbacks", "External Log DAT", "DAT", "", False),
    "Connect": ("Controls", "Connect", "Pulse", None, False),
    "Disconnect": ("Controls", "Disconnect", "Pulse", None, False),
    "Reset": ("Controls", "Reset", "Pulse", None, False),
    "Build": ("About", "Build Number", "Int", None, False),
    "Date": ("About", "Build Date", "Str", None, False),
    "Touchbuild": ("About", "Touch Build", "Str", None, False),
}


def check_parameters(comp: Any, parameters: dict[str, Parameter]) -> None:
    """The component has them, as described and each with its help; what About shows cannot be edited."""
    for name, (page, label, style, default, section) in parameters.items():
        par = comp.par[name]
        assert (par.page.name, par.label, par.style) == (page, label, style), name
        assert default is None or par.default == default, name
        assert par.startSection or not section, name
        assert par.help, name
    assert all(comp.par[name].readOnly for name in ("Build", "Date", "Touchbuild"))
