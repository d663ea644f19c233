"""Opens the documentation that lies in the component: it fits the version and needs no network.

Thread: main only.
"""

from pathlib import Path
from typing import Any

import td
import tdg_td_log

#: Text DAT with the page, written by the build.
_PAGE = "local/help"


def show(comp: Any, log: tdg_td_log.Log) -> None:
    """Shows the page in the browser, from a copy in the temporary folder."""
    path = Path(td.app.tempFolder, f"td-gcp-{comp.name}-{comp.par.Version.eval()}.html")
    try:
        path.write_text(comp.op(_PAGE).text, encoding="utf-8")
    except OSError as error:
        log.error(f"Help cannot be shown: {path} cannot be written ({error.strerror}). Read {_PAGE} in {comp.path}.")
        return
    td.ui.viewFile(path.as_posix())
