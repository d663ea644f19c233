"""The life of all listeners: begins them, mends them, and never lets one die in silence.

Thread: worker only (the engine's loop).

    watch -> read the collection page by page -> listen to changes since then -> live
    a stream breaks       taken up where it was left: at once, then with backoff; if nothing else gets through either,
                          the connection counts as lost and `trouble` is told
    the server refuses    the listener says why and is tried again with a backoff of its own; if the server refuses a
                          whole stream, its targets are divided until the guilty one is alone
    a count differs       the collection is read anew and compared

Queries and single documents are not read in pages; the stream brings their first documents, too.
"""

import random
from collections.abc import Callable, Iterable
from typing import Any

import tdg_core_errors
import tdg_core_firestore_filters
import tdg_core_firestore_inbound
import tdg_core_firestore_watch
import tdg_core_firestore_watch_spec
import tdg_core_firestore_watch_timing
import tdg_core_log
import tdg_work_listen_load
import tdg_work_listen_mend
import tdg_work_listen_stream
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
Filters = tdg_core_firestore_filters.Filters
Load = tdg_work_listen_load.Load
Spec = tdg_core_firestore_watch_spec.Spec
Stream = tdg_work_listen_stream.Stream
Timing = tdg_core_firestore_watch_timing.Timing
inbound = tdg_core_firestore_inbound
machine = tdg_core_firestore_watch

#: Changes in one event to the main thread.
CHUNK = 100

#: Streams at the same time; a connection has room for about a hundred calls of all kinds.
MAX_STREAMS = 50
#: Refusals that concern every target alike.
_WHOLE = frozenset({"permission", "credentials"})


class Listener:
    """One watched collection, query or document."""

    def __init__(self, name: str, spec: Spec, known: Iterable[str], watch_number: int, out: Any) -> None:
        self.name = name
        self.spec = spec
        self.target = machine.Target(known, resumable=not spec.limit)
        #: Told with its changes.
        self.watch_number = watch_number
        #: Where its changes go: the outbox's stream.
        self.out = out
        self.state = ""
        self.reason = ""
        #: Since when it has been well on its present stream; None until its first state there.
        self.well_since: float | None = None
        #: Since when and why it is not up to date, until that is told or mended.
        self.broken: tuple[float, str] | None = None
        #: Refusals and wrong counts in a row.
        self.failures = 0
        self.mismatches = 0
        #: It has a stream of its own, because one was refused on its account.
        self.alone = False
        #: It is not read in pages, because that or listening from their time was refused.
        self.direct = False
        #: On the present stream it goes on where it was left, and has not come to a consistent state yet.
        self.resumed = False
        #: It was begun from nothing after a refusal, and has not been live since.
        self.renewed = False
        #: Last seen progress towards its first state, and when that was.
        self.progress = (-1, 0.0)
        #: Counts what was begun; whoever comes back with an older number comes too late.
        self.epoch = 0
        self.number = 0
        self.stream: Stream | None = None
        self.load: Load | None = None


class Listeners:
    """All listeners of an engine.

    Args:
        loop: The engine's loop; changes and states go to its outbox (`tdg_core_firestore_inbound`).
        trouble: Told when the server cannot be reached any more; what follows is `pause`.
        delivered: Told a listener's name and the changes of a snapshot (the cache keeps them).
        delivered: Told the changes of each snapshot by name, for a cache.
        timing: How long to wait for what.
        chance: Gives numbers in [0, 1).
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        trouble: Callable[[CloudError], None],
        delivered: Callable[[str, list[inbound.Change]], None] | None = None,
        timing: Timing | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._loop = loop
        self._timing = timing or Timing()
        self._chance = chance
        self._delivered = delivered
        self._mender = tdg_work_listen_mend.Mender(loop, self._timing, chance, trouble)
        self._loads = tdg_work_listen_load.Loads(loop, self._timing)
        self._filters = Filters()
        self._gateway: Any = None
        #: Project and database of the last connection.
        self._place: tuple[str, str] | None = None
        self._listeners: dict[str, Listener] = {}
        self._streams: list[Stream] = []
        self._numbers: dict[int, Listener] = {}
        self._last_number = tdg_work_listen_stream.PROBE
        self._ticking = False

    # What the engine asks for ----------------------------------------------------------------------------------------

    def watch(self, name: str, spec: Spec, known: Iterable[str] = (), number: int = 0) -> None:
        """Listens; see `tdg_core_firestore_inbound.Watch`."""
        former = self._listeners.get(name)
        if former is not None:
            if former.spec == spec and former.watch_number == number:
                return
            self.unwatch(name)
        out = self._loop.outbox.stream(
            lambda items: inbound.DocumentsChanged(name, items, number), CHUNK, inbound.merged
        )
        listener = self._listeners[name] = Listener(name, spec, known, number, out)
        self._set_state(listener, inbound.LOADING)
        self._start(listener)

    def unwatch(self, name: str) -> None:
        """Stops listening."""
        listener = self._listeners.pop(name, None)
        if listener is not None:
            self._detach(listener)

    def names(self) -> list[str]:
        """What is listened to."""
        return list(self._listeners)

    def set_filters(self, filters: Filters) -> None:
        """Lets in other documents or fields: everything is read anew, and what is kept out now is removed."""
        if filters == self._filters:
            return
        self._filters = filters
        self._stop()
        for listener in list(self._listeners.values()):
            listener.target.refilter()
            if self._gateway is not None:
                self._set_state(listener, inbound.LOADING)
            self._start(listener)

    def resume(self, gateway: Any) -> None:
        """There is a connection. If it is to another database, all is read anew and compared with what is shown."""
        self._connect(gateway)
        former, self._place = self._place, (gateway.project_id, gateway.target)
        for listener in list(self._listeners.values()):
            if former not in {None, self._place}:
                listener.target.restart()
            self._start(listener)

    def pause(self, reason: str = "There is no connection to Firestore.") -> None:
        """The connection is gone or not wanted any more; what is known stays."""
        self._connect(None)
        for listener in self._listeners.values():
            self._set_state(listener, inbound.RECONNECTING, reason)

    def _connect(self, gateway: Any) -> None:
        self._stop()
        self._gateway = gateway
        self._mender.connected(gateway)

    # Beginning -------------------------------------------------------------------------------------------------------

    def _start(self, listener: Listener) -> None:
        """Goes on with it as far as it has come: read pages, or listen."""
        self._detach(listener)
        if self._gateway is None:
            return
        if not self._ticking:
            self._ticking = True
            self._loop.call_later(self._timing.tick_s, self._tick)
        if listener.spec.whole and listener.target.unread and not listener.direct:
            self._read(listener)
        else:
            self._listen(listener)

    def _read(self, listener: Listener) -> None:
        def done(since: int, error: CloudError | None) -> None:
            listener.load = None
            self._read_over(listener, since, error)

        path = listener.spec.collection
        listener.load = Load(self._gateway, path, self._filters, listener.target.read, done)
        self._loads.start(listener.load)

    def _read_over(self, listener: Listener, since: int, error: CloudError | None) -> None:
        if error is None:
            listener.target.read_all(since)
            self._listen(listener)
            return
        listener.target.restart()
        if error.todo == tdg_core_errors.GIVE_UP:
            listener.direct = True  # what is really wrong the stream will tell
            self._listen(listener)
        else:
            self._broken([listener], error)

    def _listen(self, listener: Listener) -> None:
        stream = None if listener.alone else next((stream for stream in self._streams if stream.has_room), None)
        if stream is None and len(self._streams) >= MAX_STREAMS:
            self._later(listener, self._timing.place_s)
            return
        self._attach(listener, stream or self._open(shared=not listener.alone))

    def _open(self, *, shared: bool) -> Stream:
        stream = Stream(
            self._loop, self._gateway, self._filters, self._timing, self._told, self._stream_ended, shared=shared
        )
        self._streams.append(stream)
        return stream

    def _attach(self, listener: Listener, stream: Stream) -> None:
        self._last_number += 1
        number = self._last_number
        try:
            listener.resumed = stream.add(number, listener.spec, listener.target)
        except CloudError as error:
            self._set_state(listener, inbound.ERROR, error.message)  # no waiting makes it right
            self._close_if_empty(stream)
            return
        listener.progress = (-1, self._loop.clock())
        listener.well_since = None
        if listener.state == inbound.LIVE and listener.broken is None:
            self._mark_broken(listener, "Firestore is asked for changes again and has not answered yet.")
        listener.number = number
        listener.stream = stream
        self._numbers[number] = listener

    # Ending ----------------------------------------------------------------------------------------------------------

    def _detach(self, listener: Listener, told: bool = False) -> None:
        """Ends whatever is under way for it; `told`: the server has ended it already."""
        listener.epoch += 1
        if listener.load is not None:
            listener.load.cancelled.set()
            listener.load = None
        if listener.stream is not None:
            stream, listener.stream = listener.stream, None
            del self._numbers[listener.number]
            stream.remove(listener.number, told)
            self._close_if_empty(stream)

    def _close_if_empty(self, stream: Stream) -> None:
        if not stream.targets and stream in self._streams:
            stream.close()
            self._streams.remove(stream)

    def _stop(self) -> None:
        """Ends whatever is under way for all."""
        for listener in self._listeners.values():
            self._detach(listener)

    # What the server says --------------------------------------------------------------------------------------------

    def _told(self, stream: Stream, outcome: machine.Outcome) -> None:
        listener = self._numbers.get(outcome.target)
        if listener is None or listener.stream is not stream:
            return
        if isinstance(outcome, machine.Snapshot):
            self._deliver(listener, outcome.changes)
        elif isinstance(outcome, machine.Mismatch):
            self._mismatch(listener, outcome)
        elif isinstance(outcome, machine.Ended):
            self._ended(listener, CloudError(outcome.code, outcome.message))
        elif isinstance(outcome, machine.Restarted):
            self._set_state(listener, inbound.LOADING)

    def _deliver(self, listener: Listener, changes: list[inbound.Change]) -> None:
        add = listener.out.add
        for count, change in enumerate(changes, 1):
            add(change.doc_id, tuple(change))  # bare, as in `tdg_core_firestore_watch`
            if not count % machine.REST:
                tdg_work_listen_stream.rest()
        if changes and self._delivered is not None:
            self._delivered(listener.name, changes)
        listener.resumed = listener.renewed = False
        if listener.well_since is None:
            listener.well_since = self._loop.clock()
        if listener.state != inbound.LIVE or listener.broken is not None:
            self._set_state(listener, inbound.LIVE)

    def _ended(self, listener: Listener, error: CloudError) -> None:
        """The server has taken one target off a stream that lives on."""
        renew = listener.resumed and self._may_renew(listener, error)
        self._detach(listener, told=True)
        if renew:
            self._renew(listener)
            self._later(listener, self._timing.quick_s)
        else:
            self._refuse(listener, error)

    def _may_renew(self, listener: Listener, error: CloudError) -> bool:
        """Whether the server may refuse only because it does not remember where the listener was left."""
        return error.todo == tdg_core_errors.GIVE_UP and error.code not in _WHOLE and not listener.renewed

    def _renew(self, listener: Listener) -> None:
        listener.renewed = listener.direct = True
        listener.target.restart()

    def _refuse(self, listener: Listener, error: CloudError) -> None:
        """It is tried again by itself, later and later."""
        listener.failures += 1
        state = inbound.RECONNECTING if error.todo == tdg_core_errors.RETRY else inbound.ERROR
        self._set_state(listener, state, error.message)
        self._later(listener, self._timing.wait_s(listener.failures, error.code, self._chance()))

    def _mismatch(self, listener: Listener, outcome: machine.Mismatch) -> None:
        listener.mismatches += 1
        text = f"{listener.name}: Firestore counts {outcome.expected} documents, {outcome.found} are known; read anew."
        self._loop.log(tdg_core_log.INFO, text)
        listener.target.restart()
        self._mark_broken(listener, text)
        self._detach(listener)
        if listener.mismatches == 1:
            self._start(listener)
        else:
            self._later(listener, self._timing.wait_s(listener.mismatches - 1, "", self._chance()))

    # Streams that end ------------------------------------------------------------------------------------------------

    def _stream_ended(self, stream: Stream, error: CloudError) -> None:
        self._streams.remove(stream)
        listeners = [self._numbers.pop(number) for number in stream.targets]
        for listener in listeners:
            listener.stream = None
        if stream.alive and self._loop.clock() - stream.opened_at >= self._timing.healthy_s:
            self._mender.healthy()
        if error.todo == tdg_core_errors.RETRY or error.code == "credentials":
            self._broken(listeners, error)
        elif stream.resumed and not stream.alive and any(self._may_renew(one, error) for one in listeners):
            for listener in listeners:
                self._renew(listener)
            self._broken(listeners, error)
        else:
            self._divide(listeners, error)

    def _divide(self, listeners: list[Listener], error: CloudError) -> None:
        """The server refuses a stream for good: one target can make it do so."""
        if len(listeners) == 1 or error.code in _WHOLE or len(self._streams) + 2 > MAX_STREAMS:
            for listener in listeners:
                listener.alone = error.code not in _WHOLE
                self._refuse(listener, error)
            return
        half = len(listeners) // 2
        for part in (listeners[:half], listeners[half:]):
            stream = self._open(shared=False)
            for listener in part:
                self._attach(listener, stream)

    def _join(self, listener: Listener) -> None:
        """It is well, so it may share a stream with all others again, and its place is free for another."""
        stream = listener.stream
        listener.alone = False
        if stream is None or stream.shared:
            return
        if any(other.has_room for other in self._streams):
            self._start(listener)
        else:
            stream.shared = all(self._numbers[number].well_since is not None for number in stream.targets)

    def _broken(self, listeners: list[Listener], error: CloudError) -> None:
        """The stream or the network failed, not they."""
        wait = self._mender.refused_token if error.code == "credentials" else self._mender.broken
        for listener in listeners:
            self._mark_broken(listener, error.message)
            wait(error, self._again(listener))

    def _mark_broken(self, listener: Listener, reason: str) -> None:
        """It is not up to date; told only if that lasts (`_tick`)."""
        since = self._loop.clock() if listener.broken is None else listener.broken[0]
        listener.broken = (since, reason)

    # Time ------------------------------------------------------------------------------------------------------------

    def _again(self, listener: Listener) -> Callable[[], None]:
        """Starts it, unless something else has been begun with it meanwhile."""
        epoch = listener.epoch

        def again() -> None:
            if listener.epoch == epoch:
                self._start(listener)

        return again

    def _later(self, listener: Listener, wait_s: float) -> None:
        self._loop.call_later(wait_s, self._again(listener))

    def _tick(self) -> None:
        if self._gateway is None or not self._listeners:
            self._ticking = False
            return
        self._loop.call_later(self._timing.tick_s, self._tick)
        now = self._loop.clock()
        for stream in list(self._streams):
            stream.tick(now)
        for listener in list(self._listeners.values()):
            if listener.state != inbound.LIVE or listener.broken is not None:
                self._tick_broken(listener, now)
            elif listener.well_since is not None and now - listener.well_since >= self._timing.healthy_s:
                listener.failures = 0
                self._join(listener)
                if now - listener.well_since >= self._timing.trusted_s:
                    listener.mismatches = 0

    def _tick_broken(self, listener: Listener, now: float) -> None:
        if listener.broken is not None and now - listener.broken[0] >= self._timing.announce_s:
            self._set_state(listener, inbound.RECONNECTING, listener.broken[1])
        if listener.stream is None:
            return
        progress, since = listener.progress
        if progress != listener.target.progress:
            listener.progress = (listener.target.progress, now)
        elif now - since > self._timing.stuck_s:
            listener.target.restart()
            self._detach(listener)
            self._refuse(listener, CloudError("deadline", f"Firestore tells nothing of {listener.name}; asked again."))

    def _set_state(self, listener: Listener, state: str, reason: str = "") -> None:
        listener.broken = None
        if (listener.state, listener.reason) != (state, reason):
            listener.state = state
            listener.reason = reason
            self._loop.outbox.put(inbound.ListenerState(listener.name, state, reason), ("listener", listener.name))
