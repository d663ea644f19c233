"""The storage engine: takes transfers, runs them in order within the limit, and loses none.

Thread: worker only.
"""

import datetime
import functools
import itertools
import queue
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tdg_core_errors
import tdg_core_jobs
import tdg_core_messages
import tdg_core_retry
import tdg_core_storage_messages
import tdg_core_storage_settings
import tdg_disk_files
import tdg_work_download
import tdg_work_engine
import tdg_work_loop
import tdg_work_queries
import tdg_work_spool
import tdg_work_storage_keeper
import tdg_work_storage_store
import tdg_work_storage_sync
import tdg_work_storage_watch
import tdg_work_transfer

CloudError = tdg_core_errors.CloudError
Accepted = tdg_core_messages.Accepted
Job = tdg_core_jobs.Job
Run = tdg_work_transfer.Run
Settings = tdg_core_storage_settings.StorageSettings
Transfer = tdg_core_storage_messages.Transfer
Worker = Callable[[Run], dict[str, Any]]

#: What runs a transfer of each type, in a helper thread.
WORKERS: dict[str, Worker] = {
    tdg_core_storage_messages.UPLOAD: tdg_work_spool.upload,
    tdg_core_storage_messages.DOWNLOAD: tdg_work_download.download,
    tdg_core_storage_messages.DELETE: tdg_work_queries.delete,
    tdg_core_storage_messages.LIST: tdg_work_queries.list_files,
    tdg_core_storage_messages.METADATA: tdg_work_queries.metadata,
    tdg_core_storage_messages.SIGNED_URL: tdg_work_queries.signed_url,
    tdg_core_storage_messages.SYNC: tdg_work_storage_sync.sync,
}

#: How often a transfer that fails while the connection is fine is tried again, with growing waits, before it fails.
_ROUNDS = 6
_ROUND = tdg_core_retry.BreakerSettings(backoff_base=2.0, backoff_max_s=300.0)

#: How often a transfer that gets nothing through may say that the connection is lost, before it waits by itself.
_TROUBLES = 3

#: When others were heard of within that many seconds, a failing transfer is alone with its trouble.
_ALIVE_S = 5.0

#: Accepted transfers begin when none has come for so many seconds, at the latest after a burst of that length.
_QUIET_S = 0.003
_LONGEST_BURST_S = 0.25

#: Seconds in which ends are collected for one commit; less than a frame.
_COMMIT_S = 0.01

#: Seconds until a store that could not be written is tried again.
_STORE_RETRY_S = 5.0


@dataclass
class _Facts:
    """What the engine knows of a transfer besides its place in the queue."""

    transfer: Transfer
    #: What its last run left for the next one.
    state: dict[str, Any] = field(default_factory=dict)
    #: Whether an earlier run may have changed the bucket unheard.
    restored: bool = False
    run: Run | None = None
    cancel: str = ""
    #: Its data is on its way into its file.
    spooling: bool = False
    #: It has ended, but for the files it leaves.
    ending: bool = False
    rounds: int = 0
    troubles: int = 0
    started_at: str = ""
    completed_at: str = ""
    error: str = ""
    size: int = -1
    done: int = 0
    speed: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)


class StorageEngine(tdg_work_engine.Engine[Settings]):
    """Runs transfers.

    Args:
        loop, settings, open_gateway: As for `Engine`.
        workers: What runs each type.
        around: Clock and chance.
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        settings: Settings,
        open_gateway: Callable[[Settings], Any],
        workers: dict[str, Worker] | None = None,
        around: tdg_work_transfer.Surroundings | None = None,
    ) -> None:
        super().__init__(loop, settings, open_gateway)
        self.queue = tdg_core_jobs.Queue(settings.max_concurrent)
        self._workers = workers or WORKERS
        self._around = around or tdg_work_transfer.Surroundings()
        self._numbers = itertools.count(1)
        self._keeper = tdg_work_storage_keeper.Keeper(loop, Path(settings.store_file) if settings.store_file else None)
        self._watch = tdg_work_storage_watch.Watch(loop, self._ask_store, self._add_watched, self.trouble)
        # What is told after the next commit.
        self._news: list[tdg_core_messages.Message] = []
        # For each Reset the transfers whose end it still waits for.
        self._forgets: list[set[str]] = []
        self._commit_planned = False
        # Entries that run already although they could not be stored yet, by object.
        self._taken: set[int] = set()
        # When the newest transfer and the oldest of a burst were accepted.
        self._asked_at = self._asking_since = 0.0
        self._pump_planned = False
        # When each running transfer was last heard of.
        self._heard: dict[str, float] = {}
        self.handlers |= {"storage.spool": self._spool, "storage.page_taken": self._page_taken}

    def begin(self) -> None:
        """Takes up what a former run of the component left."""
        for kept in self._keeper.store.transfers():
            self._add(_Facts(kept.transfer, kept.state, restored=True, size=kept.transfer.size))
        self._watch.configure(self.settings)

    def close(self) -> None:
        self._watch.close()
        super().close()

    # Hooks -------------------------------------------------------------------------------------------------------

    def on_settings(self, _former: Settings) -> None:
        self.queue.limit = self.settings.max_concurrent
        self._watch.configure(self.settings)
        self.pump()

    def on_connected(self) -> None:
        for warning in self.gateway.warnings:
            self.loop.log("WARNING", warning)
        self._around.known.clear()
        for job in self.queue.waiting:
            if not (self._facts(job).ending or self._facts(job).spooling):
                job.not_before = 0.0
        self._watch.connected(self.gateway)
        self.pump()

    def on_disconnected(self) -> None:
        self._watch.disconnected()
        for job in self.queue.running:
            self._facts(job).run.token.cancel()  # type: ignore[union-attr]  # a running job has one

    def on_accepted(self, entries: list[Accepted]) -> None:
        try:
            self._keeper.commit(entries, self._take_once)
        except CloudError:
            # The disk is full or gone: goes on in memory, and the journal keeps what the store does not have.
            for entry in entries:
                self._take_once(entry)
            raise
        else:
            self._taken.clear()
        finally:
            self._publish()
            self._pump_when_quiet()

    def on_forget(self) -> None:
        jobs = [*self.queue.waiting, *self.queue.running]
        self._forgets.append({job.id for job in jobs})
        self._taken.clear()  # what could not be stored is not offered again
        for job in jobs:
            self._cancel(job, "cancelled by Reset", active=True)
        self._tell_forgotten()
        self._plan_commit()

    def on_close(self) -> None:
        self._commit()
        self._keeper.close()

    # Requests ----------------------------------------------------------------------------------------------------

    def _spool(self, request: tdg_core_storage_messages.Spool) -> None:
        """Data has its place in the queue at once, and becomes a transfer when it is in its file."""
        transfer = tdg_core_messages.from_plain(request.transfer)
        assert isinstance(transfer, Transfer)
        job = self._add(_Facts(transfer, size=transfer.size, spooling=True))
        write = functools.partial(tdg_disk_files.write_whole, Path(transfer.local_path), request.data)
        self.loop.spawn("spool", write, then=lambda _, error: self._spooled(job, request.transfer, error))

    def _spooled(self, job: Job, message: dict[str, Any], error: CloudError | None) -> None:
        facts = self._facts(job)
        facts.spooling, job.not_before = False, 0.0
        if error is not None:
            self._over(job, tdg_core_jobs.FAILED, error.message)
        elif facts.cancel:
            self._over(job, tdg_core_jobs.CANCELLED, facts.cancel)
        else:
            self.handle(Accepted("", 0, message))

    def _page_taken(self, request: tdg_core_storage_messages.PageTaken) -> None:
        job = self.queue.jobs.get(request.id)
        if job is not None and (run := self._facts(job).run) is not None:
            run.pages.release()

    # Taking ------------------------------------------------------------------------------------------------------

    def _take_once(self, entry: Accepted) -> None:
        if id(entry) not in self._taken:
            self._taken.add(id(entry))
            self._take(entry)

    def _take(self, entry: Accepted) -> None:
        """An accepted request that is new."""
        try:
            message = tdg_core_messages.from_plain(entry.message)
        except ValueError:
            self.loop.log("ERROR", "A request of another version of this component was dropped.")
            return
        if isinstance(message, tdg_core_storage_messages.Cancel):
            wanted = self.queue.waiting + self.queue.running
            for job in wanted if message.ids is None else [job for job in wanted if job.id in message.ids]:
                self._cancel(job, "cancelled", active=message.include_active)
        elif isinstance(message, Transfer) and message.id in self.queue.jobs:
            self._tell(self.queue.jobs[message.id])  # data, which is in its file now
        elif isinstance(message, Transfer):
            self._add(_Facts(message, size=message.size))

    def _add(self, facts: _Facts) -> Job:
        transfer = facts.transfer
        writes, reads = _touches(transfer)
        counted = transfer.type != tdg_core_storage_messages.SYNC
        job = Job(transfer.id, next(self._numbers), writes, reads, counted, data=facts)
        self.queue.add(job)
        if transfer.type not in self._workers:
            facts.error, facts.completed_at = f"This version knows no transfer of type {transfer.type!r}.", _now()
            self._end(job, tdg_core_jobs.FAILED)
        elif facts.spooling:
            job.not_before = float("inf")
        else:
            self._tell(job)
        return job

    def _add_watched(self, transfer: Transfer) -> None:
        """A file of the watched folder; a restart finds it again by itself."""
        self._add(_Facts(transfer, size=transfer.size))
        self.pump()

    def _cancel(self, job: Job, why: str, *, active: bool) -> None:
        facts = self._facts(job)
        if facts.ending:
            return
        if facts.spooling:
            facts.cancel = why  # its file must be there to be removed
        elif job.status == tdg_core_jobs.PENDING:
            self._over(job, tdg_core_jobs.CANCELLED, why)
        elif active and facts.run is not None:
            facts.cancel = why
            facts.run.token.cancel()

    # Running -----------------------------------------------------------------------------------------------------

    def _pump_when_quiet(self) -> None:
        """Starts what was just accepted when nothing more is being asked for.

        Helper threads would take the interpreter from a script that asks for a thousand transfers in one frame.
        """
        self._asked_at = self.loop.clock()
        if not self._pump_planned:
            self._pump_planned = True
            self._asking_since = self._asked_at
            self.loop.call_later(_QUIET_S, self._pump_if_quiet)

    def _pump_if_quiet(self) -> None:
        now = self.loop.clock()
        if now - self._asked_at < _QUIET_S and now - self._asking_since < _LONGEST_BURST_S:
            self.loop.call_later(_QUIET_S, self._pump_if_quiet)
        else:
            self._pump_planned = False
            self.pump()

    def pump(self) -> None:
        """Starts what may run now."""
        if self.gateway is None:
            return
        for job in self.queue.startable(self.loop.clock()):
            self._start(job)

    def _start(self, job: Job) -> None:
        facts = self._facts(job)
        transfer = facts.transfer
        self.queue.start(job)
        run = facts.run = Run(
            id=job.id,
            remote_path=transfer.remote_path,
            local_path=transfer.local_path,
            options=transfer.options,
            gateway=self.gateway,
            settings=self.settings,
            state=facts.state,
            restored=facts.restored,
            streams=1 + self.queue.free,
            tell=lambda done, total, speed: self.loop.call(self._progress, job, done, total, speed),
            keep=lambda state: self.loop.call(self._keep, job, state),
            emit=self.loop.outbox.put,
            placed=self._keeper.placed,
            ask_store=self._ask_store,
            around=self._around,
        )
        facts.restored = True
        facts.started_at = facts.started_at or _now()
        facts.error, facts.done, facts.speed = "", 0, 0.0
        self._heard[job.id] = self.loop.clock()
        self._tell(job)
        worker = self._workers[transfer.type]
        self.loop.spawn(transfer.type, worker, run, then=lambda result, error: self._returned(job, run, result, error))

    def _progress(self, job: Job, done: int, total: int, speed: float) -> None:
        if job.status != tdg_core_jobs.ACTIVE:
            return
        facts = self._facts(job)
        if done > facts.done:
            facts.rounds = facts.troubles = 0
        facts.done, facts.size, facts.speed = done, total, speed
        self._heard[job.id] = self.loop.clock()
        self._tell(job)

    def _ask_store(self, function: Callable[[tdg_work_storage_store.StorageStore], Any]) -> Any:
        """Of a run, in its helper thread: calls a function on the loop's thread, which alone touches the store."""
        answers: queue.SimpleQueue[tuple[Any, CloudError | None]] = queue.SimpleQueue()

        def call() -> None:
            answers.put(tdg_work_loop.attempt(function, self._keeper.store))
            self._keeper.written()

        self.loop.call(call)
        answer, error = answers.get()
        if error is not None:
            raise error
        return answer

    def _keep(self, job: Job, state: dict[str, Any]) -> None:
        self._facts(job).state = state
        self._keeper.keep(job.id, state)
        self._plan_commit()

    def _returned(self, job: Job, run: Run, result: dict[str, Any] | None, error: CloudError | None) -> None:
        """A helper thread has come back."""
        facts = self._facts(job)
        facts.run = None
        self._heard.pop(job.id, None)
        facts.result = result or getattr(error, "result", {})
        if error is None:
            facts.size = facts.done = int(facts.result.pop("size", max(facts.size, facts.done, 0)))
            self._heard[""] = self.loop.clock()
            problem = str(facts.result.pop("problem", ""))
            self._over(job, tdg_core_jobs.FAILED if problem else tdg_core_jobs.COMPLETE, problem)
        elif facts.cancel:
            self._over(job, tdg_core_jobs.CANCELLED, facts.cancel)
        elif self.gateway is not run.gateway:
            self._wait_again(job, 0.0)
        else:
            self._failed(job, error)
        self.pump()

    def _failed(self, job: Job, error: CloudError) -> None:
        facts = self._facts(job)
        facts.error = error.message
        unreachable = error.code in tdg_core_errors.CONNECTION_CODES
        alone = facts.troubles >= _TROUBLES or self._others_heard(job)
        if error.todo == tdg_core_errors.STOP or (unreachable and not alone):
            facts.troubles += unreachable
            self._wait_again(job, 0.0)
            self.trouble(error)
            return
        facts.rounds += 1
        # What only the server's mood decides is waited for as long as it takes.
        patient = unreachable or error.code == "exhausted"
        if patient or (error.todo == tdg_core_errors.RETRY and facts.rounds < _ROUNDS):
            wait_s = max(error.retry_after_s, tdg_core_retry.backoff_s(facts.rounds, _ROUND))
            self.loop.log("WARNING", f"{error.message} Tried again in {wait_s:.0f} s.")
            self._wait_again(job, tdg_core_retry.jittered(wait_s, self._around.random()))
            return
        self._over(job, tdg_core_jobs.FAILED, error.message)

    def _others_heard(self, job: Job) -> bool:
        """Whether the server has answered somebody else lately."""
        since = self.loop.clock() - _ALIVE_S
        return any(at >= since for key, at in self._heard.items() if key != job.id)

    def _wait_again(self, job: Job, delay_s: float) -> None:
        job.not_before = self.loop.clock() + delay_s
        self.queue.wait_again(job)
        self._facts(job).speed = 0.0
        self._tell(job)
        if delay_s:
            self.loop.call_later(delay_s, self.pump)

    # Ending ------------------------------------------------------------------------------------------------------

    def _over(self, job: Job, status: str, error: str = "") -> None:
        """The transfer has ended; first what it leaves on the disk is removed."""
        facts = self._facts(job)
        facts.error, facts.completed_at, facts.speed = error, _now(), 0.0
        if not tdg_work_spool.needs_tidying(facts.transfer, status, facts.state):
            self._end(job, status)
            return
        facts.ending, job.not_before = True, float("inf")
        tidy = functools.partial(tdg_work_spool.tidy, facts.transfer, status, facts.state)
        self.loop.spawn("tidy", tidy, then=lambda kept, _: self._tidied(job, status, kept))

    def _tidied(self, job: Job, status: str, kept: str | None) -> None:
        if kept:
            facts = self._facts(job)
            facts.error = f"{facts.error} The data is kept in {kept}."
        self._end(job, status)
        self.pump()

    def _end(self, job: Job, status: str) -> None:
        self._watch.ended(self._facts(job).transfer)
        self.queue.end(job, status)
        self._report_end(job.id, self._facts(job), status)

    def _report_end(self, key: str, facts: _Facts, status: str) -> None:
        """It is told when the store knows."""
        self._keeper.remove(key)
        self._news.append(_changed(facts, status))
        for waiting in self._forgets:
            waiting.discard(key)
        self._tell_forgotten()
        self._plan_commit()

    def _tell_forgotten(self) -> None:
        """A Reset is through when the last transfer that it met has ended."""
        while self._forgets and not self._forgets[0]:
            del self._forgets[0]
            self._news.append(tdg_core_storage_messages.Forgotten())

    # Store -------------------------------------------------------------------------------------------------------

    def _plan_commit(self) -> None:
        """Commits soon, once for all that happens until then."""
        if not self._commit_planned:
            self._commit_planned = True
            self.loop.call_later(_COMMIT_S, self._commit)

    def _commit(self) -> None:
        self._commit_planned = False
        if self._accepted:  # no end is written before its beginning, which would then stay for ever
            self._store_accepted()
            return
        try:
            self._keeper.commit([], self._take_once)
        except CloudError as error:
            self.loop.tell(error)
            self.loop.call_later(_STORE_RETRY_S, self._plan_commit)
        finally:
            self._publish()

    def _publish(self) -> None:
        news, self._news = self._news, []
        for event in news:
            self.loop.outbox.put(event, merge_key=getattr(event, "id", None))

    # Telling -----------------------------------------------------------------------------------------------------

    def _facts(self, job: Job) -> _Facts:
        facts: _Facts = job.data
        return facts

    def _tell(self, job: Job) -> None:
        event = _changed(self._facts(job), job.status)
        if self._news:  # nobody sees a transfer begin before the one that made room for it has ended
            self._news.append(event)
        else:
            self.loop.outbox.put(event, merge_key=event.id)


def _changed(facts: _Facts, status: str) -> tdg_core_storage_messages.Changed:
    transfer = facts.transfer
    return tdg_core_storage_messages.Changed(
        id=transfer.id,
        type=transfer.type,
        remote_path=transfer.remote_path,
        local_path=transfer.local_path,
        status=status,
        options={key: value for key, value in transfer.options.items() if key != "data"},
        started_at=facts.started_at,
        completed_at=facts.completed_at,
        error=facts.error,
        size=facts.size,
        bytes_done=facts.done,
        speed=facts.speed,
        result=facts.result,
    )


def _touches(transfer: Transfer) -> tuple[frozenset[str], frozenset[str]]:
    """What a transfer changes and what it only reads, as keys."""
    remote, local = f"bucket:{transfer.remote_path}", f"disk:{transfer.local_path}"
    with_file = frozenset({local, "sync"} if "watched" in transfer.options else {local})
    return {
        tdg_core_storage_messages.UPLOAD: (frozenset({remote}), with_file),
        tdg_core_storage_messages.DOWNLOAD: (frozenset({local}), frozenset({remote})),
        tdg_core_storage_messages.DELETE: (frozenset({remote}), frozenset[str]()),
        tdg_core_storage_messages.METADATA: (frozenset[str](), frozenset({remote})),
        tdg_core_storage_messages.SYNC: (frozenset({"sync"}), frozenset[str]()),
    }.get(transfer.type, (frozenset[str](), frozenset[str]()))


def _now() -> str:
    return datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")


def serve(
    inbox: "queue.SimpleQueue[Any]",
    outbox: tdg_work_loop.Outbox,
    *,
    open_gateway: Callable[[Settings], Any],
    settings: Settings,
) -> None:
    """The engine's entry point: serves until it finds None in the inbox."""
    loop = tdg_work_loop.Loop(inbox, outbox)
    engine = StorageEngine(loop, settings, open_gateway)
    engine.begin()  # before the first request: what the journal offers again must find what the store has
    loop.run(engine.handle, engine.close)
