"""The transfers that move no file: delete, list, metadata, signed address.

Thread: worker only.
"""

from typing import Any

import tdg_core_errors
import tdg_core_storage_messages
import tdg_work_transfer

CloudError = tdg_core_errors.CloudError
Run = tdg_work_transfer.Run

#: Pages of a listing that may wait for the main thread.
PAGES_AHEAD = 4

#: How often the object may change between our look and our deletion.
_MOST_ROUNDS = 10


def delete(run: Run) -> dict[str, Any]:
    """Deletes the run's object, whatever its generation.

    Raises:
        CloudError: `not_found` when there was none.
    """
    tries = run.tries()
    maybe_gone = run.restored
    rounds = 0
    while True:
        try:
            info = run.gateway.stat(run.remote_path, run.token)
            if info is not None:
                run.gateway.delete(run.remote_path, info["generation"], run.token)
            elif not maybe_gone:
                raise CloudError("not_found", f"There is no {run.remote_path} in the bucket {run.gateway.target}.")
            break
        except CloudError as error:
            if error.code == "precondition" and rounds < _MOST_ROUNDS:
                rounds += 1
                continue
            if error.code == "not_found" and maybe_gone:
                break
            maybe_gone |= error.todo == tdg_core_errors.RETRY
            tries.failed(error)
    run.around.remember(run.remote_path, 0)
    return {}


def metadata(run: Run) -> dict[str, Any]:
    """Describes the run's object.

    Raises:
        CloudError: `not_found`.
    """
    info = run.tries().until_done(lambda: run.gateway.stat(run.remote_path, run.token))
    if info is None:
        raise CloudError("not_found", f"There is no {run.remote_path} in the bucket {run.gateway.target}.")
    return {"metadata": info, "size": info["size"]}


def list_files(run: Run) -> dict[str, Any]:
    """Lists the objects below the run's prefix, page by page; the pages go out as they come.

    The next page is fetched only while few wait to be taken, so a listing of any length needs little memory here.

    Raises:
        CloudError: Also when it breaks off half way.
    """
    for _ in range(PAGES_AHEAD):
        run.pages.release()
    delimiter = str(run.options.get("delimiter", "/"))
    prefixes: dict[str, None] = {}
    count, page_token = 0, ""
    tries = run.tries()
    while True:
        wanted = page_token
        page = tries.until_done(lambda: run.gateway.page(run.remote_path, delimiter, wanted, run.token))  # noqa: B023
        prefixes.update(dict.fromkeys(page.prefixes))
        count += len(page.files)
        while not run.pages.acquire(timeout=0.2):
            run.token.check()
        if page.files:
            run.emit(tdg_core_storage_messages.ListPage(run.id, page.files))
        page_token = page.next
        if not page_token:
            return {"prefixes": list(prefixes), "count": count}


def signed_url(run: Run) -> dict[str, Any]:
    """Makes an address that lets anyone read or upload the run's object for a while.

    Raises:
        CloudError: `credentials` when these cannot sign.
    """
    minutes = float(run.options.get("minutes", 60))
    method = str(run.options.get("method", "GET"))
    content_type = str(run.options.get("content_type", ""))
    return {"url": run.gateway.signed_url(run.remote_path, method, minutes * 60, content_type)}
