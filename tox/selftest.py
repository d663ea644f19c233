"""Self-test of td-gcp inside TouchDesigner. This file needs nothing but itself.

1. Open a project of its own for this, save it somewhere, and drop the two components into it (or tox/install.py).
2. For the tests against a server: run `python3 tools/dev.py emulators` beside TouchDesigner, and put the addresses it
   prints into Emulator Host of both components, or below.
3. Drag this file into the network. Right-click the Text DAT that appears and choose Run Script.

It works on while TouchDesigner plays, a few milliseconds a frame, for one to two minutes. At its end the textport says
in one line whether all is well; the report lies in the project's folder as selftest-<build>.md and .json, and in the
table selftest_rows beside this DAT. How to read it: docs/architecture/self-test.md of td-gcp.

Thread: main only. What runs in a worker is said to.
"""

#: Address of the Storage emulator, as 127.0.0.1:9199. Empty: what Emulator Host of the component says.
STORAGE_HOST = ""

#: Address of the Firestore emulator. Empty: what Emulator Host of the component says.
FIRESTORE_HOST = ""

#: A bucket of the Storage emulator. Empty: Bucket Name, if Emulator Host is set, or else the one it starts with.
BUCKET = ""

#: True: also what needs you at the keyboard. Two questions appear; each says what to click.
ASK = False

#: True: leaves the operator selftest_exit in the network. When TouchDesigner is closed then, it writes the file
#: selftest-<build>-exit.json, which tells how extensions end. Delete the operator only after that.
WATCH_EXIT = False

#: What to do. Take out what you do not want.
PARTS = ("described", "works", "unknowns", "format")

if "SELFTEST" not in globals():
    # Run by TouchDesigner. What follows is run once more, as a module that belongs to nobody else.
    import types

    _module = types.ModuleType("tdg_selftest")
    _module.__dict__["SELFTEST"] = me.path
    exec(compile(me.text, me.path, "exec"), _module.__dict__)
else:
    import ast
    import contextlib
    import functools
    import hashlib
    import importlib.metadata
    import inspect
    import itertools
    import json
    import math
    import os
    import platform
    import shutil
    import struct
    import subprocess
    import sys
    import threading
    import time
    from collections import deque
    from collections.abc import Callable, Generator, Iterator, Mapping
    from dataclasses import dataclass, field
    from pathlib import Path
    from typing import Any

    import td


    # -----------------------------------------------------------------------------------------------------------------
    # What this self-test was built with: the components of the same release, by name.
    # -----------------------------------------------------------------------------------------------------------------

    RELEASE: dict[str, dict[str, Any]] = {
        "firestore": {
            "version": "0.1.0",
            "texts": {
                "callbacks_template": "914f300dd529c53a",
                "cellwatch_template": "af5648692da5b42f",
                "ext_bootstrap": "bb15c320754e3e3f",
                "ext_connection": "a23d057bf56015b0",
                "ext_firestore": "193c68bb6bda6e87",
                "ext_write_queue": "f57a573bb827c434",
                "life_exec": "4b68af7b8ff65f70",
                "local/credits": "495f538fd15d219c",
                "local/help": "8e98326c7d411790",
                "local/modules/tdg_bridge": "ab2da93a3d1d22ef",
                "local/modules/tdg_bridge_carrier": "f3effe2826410b34",
                "local/modules/tdg_bridge_child": "4f51eb8b2cc0bd74",
                "local/modules/tdg_bridge_journal": "6e4bf3e0f5c95312",
                "local/modules/tdg_bridge_outbox": "291fbb2f32c1ea40",
                "local/modules/tdg_bridge_private": "9da99e6673b04ae6",
                "local/modules/tdg_bridge_process": "1b5bd7ef44f92763",
                "local/modules/tdg_bridge_slot": "5aebbea9e0d1aa03",
                "local/modules/tdg_bridge_thread": "ab5f4909f1003044",
                "local/modules/tdg_bridge_turn": "f4c5f7024f5618e4",
                "local/modules/tdg_bridge_wire": "13ba21ee0d6bbfeb",
                "local/modules/tdg_core_bootstrap_messages": "e056facdd99a05ff",
                "local/modules/tdg_core_connection": "737058cfbfe3bc45",
                "local/modules/tdg_core_errors": "004ab41a0b33d0b6",
                "local/modules/tdg_core_firestore_codec": "b988ae653744367e",
                "local/modules/tdg_core_firestore_codec_path": "613f3766edc39bde",
                "local/modules/tdg_core_firestore_codec_sdk": "3fa49caad9138ae1",
                "local/modules/tdg_core_firestore_codec_time": "67a646247f48ec66",
                "local/modules/tdg_core_firestore_codec_write": "7318a623d60c5ab6",
                "local/modules/tdg_core_firestore_estimate": "11b4b9ec2bd0fc70",
                "local/modules/tdg_core_firestore_filters": "ad5fc7aeb8768144",
                "local/modules/tdg_core_firestore_inbound": "b9acd58c192fc1da",
                "local/modules/tdg_core_firestore_messages": "4413fc8a5898c12a",
                "local/modules/tdg_core_firestore_names": "2bc35a80e3e91b83",
                "local/modules/tdg_core_firestore_rows": "511d06e7e4986eaa",
                "local/modules/tdg_core_firestore_settings": "343e7ff86d11f47c",
                "local/modules/tdg_core_firestore_watch": "8eeeafd6c984fd79",
                "local/modules/tdg_core_firestore_watch_events": "ba0723eb90ec3af0",
                "local/modules/tdg_core_firestore_watch_spec": "2d74f8e90518ac1d",
                "local/modules/tdg_core_firestore_watch_timing": "c4e7d161ee0d9f0a",
                "local/modules/tdg_core_firestore_writes": "81d87925da81dec8",
                "local/modules/tdg_core_installer": "8acc41e9164d2dc8",
                "local/modules/tdg_core_log": "f11c1696bb8bc074",
                "local/modules/tdg_core_messages": "d614472f768f339a",
                "local/modules/tdg_core_packages": "e40fe7400531fa90",
                "local/modules/tdg_core_retry": "c2a029537b2f8e76",
                "local/modules/tdg_core_settings": "7d4873cdb8dde41d",
                "local/modules/tdg_disk_code": "eb69dedae4118d30",
                "local/modules/tdg_disk_firestore_documents": "e569a48a973d3000",
                "local/modules/tdg_disk_home": "a7cc219cd928dba0",
                "local/modules/tdg_disk_key": "6336466b395581f8",
                "local/modules/tdg_disk_lock": "49abfe923e282b97",
                "local/modules/tdg_disk_sqlite": "3e52557cd79ff57a",
                "local/modules/tdg_disk_venv": "c4fdb7c5c62e5efe",
                "local/modules/tdg_engine_main": "c3165724ff02dd8b",
                "local/modules/tdg_engine_session": "2c5ce7d1458b39a4",
                "local/modules/tdg_gateway_app": "d24803b4be5be2a4",
                "local/modules/tdg_gateway_errors": "1dc51a0348172480",
                "local/modules/tdg_gateway_firestore": "edce39b112bc0599",
                "local/modules/tdg_gateway_firestore_api": "e7fc61185ea28dac",
                "local/modules/tdg_gateway_firestore_errors": "db01719dcd4712c4",
                "local/modules/tdg_gateway_firestore_listen": "3f67cb7c64587b9a",
                "local/modules/tdg_gateway_firestore_values": "87be8bb44f73b47f",
                "local/modules/tdg_gateway_firestore_write": "764ca439e2ff6e6f",
                "local/modules/tdg_gateway_roots": "fdef2317bda405c7",
                "local/modules/tdg_td_assembler": "3beb588dd63446cf",
                "local/modules/tdg_td_assembler_extensions": "7a00d47e7c4b835c",
                "local/modules/tdg_td_assembler_network": "eafdf15f947f79e7",
                "local/modules/tdg_td_assembler_parameters": "dd4915d7c4ed6a8c",
                "local/modules/tdg_td_callbacks": "56a659a3edc4a36e",
                "local/modules/tdg_td_component": "bd15bec46d27aff2",
                "local/modules/tdg_td_connection": "ecd4446f40fce1fe",
                "local/modules/tdg_td_engine": "06afa4b5ecaf45ce",
                "local/modules/tdg_td_engine_place": "91a9f8e841c97c06",
                "local/modules/tdg_td_firestore_outbound": "92fd686711edc240",
                "local/modules/tdg_td_firestore_queue": "f05e39ef62c1b07c",
                "local/modules/tdg_td_firestore_sync": "3395f739384bb6ff",
                "local/modules/tdg_td_firestore_table": "92491db3bae1cbd9",
                "local/modules/tdg_td_firestore_view": "48b5ec16f5825087",
                "local/modules/tdg_td_firestore_views": "25b0d0dc0df0e303",
                "local/modules/tdg_td_help": "abd5e34095a0bf27",
                "local/modules/tdg_td_log": "661a69289c5c174f",
                "local/modules/tdg_td_params": "66e1811d68b8c604",
                "local/modules/tdg_td_stamp": "ebcb2bfa99c4052c",
                "local/modules/tdg_td_status": "a6001edc01c453b3",
                "local/modules/tdg_td_tables": "4bcd7e7027e6d3ec",
                "local/modules/tdg_td_tasks": "e5ec374b35f27043",
                "local/modules/tdg_work_bootstrap": "c4b1a7d95fe614cd",
                "local/modules/tdg_work_engine": "a442a9e1ace6ac48",
                "local/modules/tdg_work_firestore": "7bcebef21f590685",
                "local/modules/tdg_work_firestore_cache": "d1852ba90029dc77",
                "local/modules/tdg_work_firestore_queue": "70a5d8268d1dbb0d",
                "local/modules/tdg_work_firestore_store": "f78d0c292079993f",
                "local/modules/tdg_work_imports": "1cf0bcb32543499d",
                "local/modules/tdg_work_listen": "f740a259a4786b8b",
                "local/modules/tdg_work_listen_load": "e12571feed40daed",
                "local/modules/tdg_work_listen_mend": "9937e7fa0a3a775f",
                "local/modules/tdg_work_listen_stream": "129c2186041e2677",
                "local/modules/tdg_work_loop": "3f9af5da22a583a7",
                "local/modules/tdg_work_outbox": "722485de2506f0a2",
                "local/modules/tdg_work_process": "c0c54079b9b1f0e2",
                "local/modules/tdg_work_store": "a620bbd9e8737f89",
                "local/modules/tdg_work_uv": "09947502f9ecaf79",
                "local/requirements": "2d0c9efc0ae26ead",
                "local/requirements_uv": "c05990e24069e6fa",
                "local/tdg_component": "5ca4a4b2fb7f4393",
                "log_callbacks": "fbd2bb050fdf31d9",
                "par_exec": "e55c824730b29529"
            }
        },
        "storage": {
            "version": "0.1.0",
            "texts": {
                "callbacks_template": "058b8858b74fcf87",
                "ext_bootstrap": "bb15c320754e3e3f",
                "ext_connection": "a23d057bf56015b0",
                "ext_storage": "13621dd4773d4ee1",
                "life_exec": "4b68af7b8ff65f70",
                "local/credits": "495f538fd15d219c",
                "local/help": "0766a6a1e2d579b5",
                "local/modules/tdg_bridge": "ab2da93a3d1d22ef",
                "local/modules/tdg_bridge_carrier": "f3effe2826410b34",
                "local/modules/tdg_bridge_child": "4f51eb8b2cc0bd74",
                "local/modules/tdg_bridge_journal": "6e4bf3e0f5c95312",
                "local/modules/tdg_bridge_outbox": "291fbb2f32c1ea40",
                "local/modules/tdg_bridge_private": "9da99e6673b04ae6",
                "local/modules/tdg_bridge_process": "1b5bd7ef44f92763",
                "local/modules/tdg_bridge_slot": "5aebbea9e0d1aa03",
                "local/modules/tdg_bridge_thread": "ab5f4909f1003044",
                "local/modules/tdg_bridge_turn": "f4c5f7024f5618e4",
                "local/modules/tdg_bridge_wire": "13ba21ee0d6bbfeb",
                "local/modules/tdg_core_bootstrap_messages": "e056facdd99a05ff",
                "local/modules/tdg_core_connection": "737058cfbfe3bc45",
                "local/modules/tdg_core_crc32c": "16f81c7ff963a87c",
                "local/modules/tdg_core_errors": "004ab41a0b33d0b6",
                "local/modules/tdg_core_installer": "8acc41e9164d2dc8",
                "local/modules/tdg_core_jobs": "64069df99b073e10",
                "local/modules/tdg_core_log": "f11c1696bb8bc074",
                "local/modules/tdg_core_messages": "d614472f768f339a",
                "local/modules/tdg_core_objects": "31b8e9c255bb0096",
                "local/modules/tdg_core_packages": "e40fe7400531fa90",
                "local/modules/tdg_core_parts": "606b2fc4f076e1e0",
                "local/modules/tdg_core_retry": "c2a029537b2f8e76",
                "local/modules/tdg_core_settings": "7d4873cdb8dde41d",
                "local/modules/tdg_core_storage_ignore": "582f8f08a4f52275",
                "local/modules/tdg_core_storage_messages": "835b219e45754f2a",
                "local/modules/tdg_core_storage_paths": "a15ec5b31316b004",
                "local/modules/tdg_core_storage_plan": "4709ea94906d609b",
                "local/modules/tdg_core_storage_plan_data": "6ea23b6a991cb1e6",
                "local/modules/tdg_core_storage_plan_names": "43083c355f017314",
                "local/modules/tdg_core_storage_requests": "e4ac86749a724948",
                "local/modules/tdg_core_storage_settings": "aeb9277fc1571848",
                "local/modules/tdg_core_storage_watch": "e078dce2e8b71653",
                "local/modules/tdg_disk_code": "eb69dedae4118d30",
                "local/modules/tdg_disk_files": "3b14357f446cf4a3",
                "local/modules/tdg_disk_home": "a7cc219cd928dba0",
                "local/modules/tdg_disk_key": "6336466b395581f8",
                "local/modules/tdg_disk_lock": "49abfe923e282b97",
                "local/modules/tdg_disk_sqlite": "3e52557cd79ff57a",
                "local/modules/tdg_disk_sync_trash": "49f90988d3ec0ffb",
                "local/modules/tdg_disk_sync_tree": "bf04b467f4eb676e",
                "local/modules/tdg_disk_venv": "c4fdb7c5c62e5efe",
                "local/modules/tdg_engine_main": "c3165724ff02dd8b",
                "local/modules/tdg_engine_session": "2c5ce7d1458b39a4",
                "local/modules/tdg_gateway_app": "d24803b4be5be2a4",
                "local/modules/tdg_gateway_errors": "1dc51a0348172480",
                "local/modules/tdg_gateway_http": "3aeebc4b0d5524f1",
                "local/modules/tdg_gateway_roots": "fdef2317bda405c7",
                "local/modules/tdg_gateway_signing": "06fe5bb2011e1b6d",
                "local/modules/tdg_gateway_storage": "f0e6f60fc2643f5b",
                "local/modules/tdg_td_assembler": "3beb588dd63446cf",
                "local/modules/tdg_td_assembler_extensions": "7a00d47e7c4b835c",
                "local/modules/tdg_td_assembler_network": "eafdf15f947f79e7",
                "local/modules/tdg_td_assembler_parameters": "dd4915d7c4ed6a8c",
                "local/modules/tdg_td_callbacks": "56a659a3edc4a36e",
                "local/modules/tdg_td_component": "bd15bec46d27aff2",
                "local/modules/tdg_td_connection": "ecd4446f40fce1fe",
                "local/modules/tdg_td_engine": "06afa4b5ecaf45ce",
                "local/modules/tdg_td_engine_place": "91a9f8e841c97c06",
                "local/modules/tdg_td_help": "abd5e34095a0bf27",
                "local/modules/tdg_td_log": "661a69289c5c174f",
                "local/modules/tdg_td_params": "66e1811d68b8c604",
                "local/modules/tdg_td_stamp": "ebcb2bfa99c4052c",
                "local/modules/tdg_td_status": "a6001edc01c453b3",
                "local/modules/tdg_td_storage_sync": "6a5fab33a31a1f1f",
                "local/modules/tdg_td_tables": "4bcd7e7027e6d3ec",
                "local/modules/tdg_td_tasks": "e5ec374b35f27043",
                "local/modules/tdg_td_transfers": "9126b26ae7383560",
                "local/modules/tdg_work_bootstrap": "c4b1a7d95fe614cd",
                "local/modules/tdg_work_download": "ed576460dd8cd35f",
                "local/modules/tdg_work_engine": "a442a9e1ace6ac48",
                "local/modules/tdg_work_imports": "1cf0bcb32543499d",
                "local/modules/tdg_work_loop": "3f9af5da22a583a7",
                "local/modules/tdg_work_process": "c0c54079b9b1f0e2",
                "local/modules/tdg_work_queries": "ea0b4c2ce1b054de",
                "local/modules/tdg_work_spool": "1f6e434ac17b0e56",
                "local/modules/tdg_work_storage": "61291a7ea25719bc",
                "local/modules/tdg_work_storage_keeper": "488856521d281ac7",
                "local/modules/tdg_work_storage_store": "ade700117e235398",
                "local/modules/tdg_work_storage_sync": "335bd8d9eba3206e",
                "local/modules/tdg_work_storage_sync_carry": "994dbb2f95e1f7c2",
                "local/modules/tdg_work_storage_sync_look": "60ee7b8d2f624d8a",
                "local/modules/tdg_work_storage_sync_store": "10ce50e01c9cf228",
                "local/modules/tdg_work_storage_watch": "dd13f1a1a17bf203",
                "local/modules/tdg_work_store": "a620bbd9e8737f89",
                "local/modules/tdg_work_streams": "482aa57928c63256",
                "local/modules/tdg_work_token": "2478c178631d5d00",
                "local/modules/tdg_work_transfer": "914debf939ec7166",
                "local/modules/tdg_work_upload": "2f331ca2a0d87629",
                "local/modules/tdg_work_uv": "09947502f9ecaf79",
                "local/requirements": "2d0c9efc0ae26ead",
                "local/requirements_uv": "c05990e24069e6fa",
                "local/tdg_component": "3f846e3b180e44e0",
                "log_callbacks": "fbd2bb050fdf31d9",
                "par_exec": "e55c824730b29529"
            }
        }
    }


    # -----------------------------------------------------------------------------------------------------------------
    # The result of the self-test, row by row.
    # -----------------------------------------------------------------------------------------------------------------

    PASS, FAIL, MEASURED, SKIPPED = "pass", "fail", "measured", "skipped"
    VERDICTS = (FAIL, PASS, MEASURED, SKIPPED)


    @dataclass
    class Row:
        """One check: what was looked at, what should be, what is, and a sentence for people."""

        area: str
        name: str
        expected: str
        found: str
        verdict: str
        sentence: str

        def cells(self) -> list[str]:
            """As a row of a table."""
            return [self.area, self.name, self.expected, self.found, self.verdict, self.sentence]


    COLUMNS = ("area", "name", "expected", "found", "verdict", "sentence")


    @dataclass
    class Results:
        """Everything that a run has found out.

    Attributes:
        rows: In the order in which they came.
        unknowns: Answers to the open questions of the API sheet, by the names of the stand-in's switches.
        also: Answers to questions for which the stand-in has no switch.
        format: Answers to the open questions of the format sheet, by their numbers there.
        details: What stands behind an answer, by its name.
    """

        rows: list[Row] = field(default_factory=list)
        unknowns: dict[str, Any] = field(default_factory=dict)
        also: dict[str, Any] = field(default_factory=dict)
        format: dict[str, Any] = field(default_factory=dict)
        details: dict[str, Any] = field(default_factory=dict)

        def add(self, area: str, name: str, verdict: str, sentence: str, *, expected: Any = "", found: Any = "") -> None:
            """Takes a row in."""
            self.rows.append(Row(area, name, shown(expected), shown(found), verdict, one_line(sentence)))

        def count(self, verdict: str) -> int:
            """How many rows have that verdict."""
            return sum(row.verdict == verdict for row in self.rows)

        def of(self, verdict: str) -> Iterator[Row]:
            """The rows with that verdict."""
            return (row for row in self.rows if row.verdict == verdict)


    def shown(value: Any) -> str:
        """A value as a cell shows it: text as it is, everything else as Python writes it, never more than a line."""
        return one_line(value if isinstance(value, str) else repr(value))


    def one_line(text: str, most: int = 500) -> str:
        """The text without line breaks, shortened."""
        text = " ".join(str(text).split())
        return text if len(text) <= most else f"{text[: most - 3]}..."


    def describe_error(error: BaseException) -> str:
        """An exception in one line."""
        return one_line(f"{type(error).__name__}: {error}")


    # -----------------------------------------------------------------------------------------------------------------
    # Does the work a little every frame, whatever becomes of a single piece of it.
    # -----------------------------------------------------------------------------------------------------------------

    #: What a job may take of a frame, in seconds; one step is always done.
    BUDGET_S = 0.004

    #: A job yields this to go on in the next frame, None to go on as soon as there is time.
    FRAME = "frame"

    Steps = Generator[str | None, None, Any]


    @dataclass
    class Job:
        """A piece of work.

    Attributes:
        area, name: Of the row that tells when the job could not be done.
        make: Makes its steps.
        limit_s: Longest time it may take.
        failure: Verdict when it could not be done.
        aborted: Told when TouchDesigner broke a step off in a way that Python cannot catch.
    """

        area: str
        name: str
        make: Callable[[], Iterator[Any] | None]
        limit_s: float = 30.0
        failure: str = FAIL
        aborted: Callable[[], None] | None = None


    class Stepper:
        """Runs jobs one after another; ends when there is none left.

    Args:
        results: Told of jobs that failed.
        finished: Called at the end.
    """

        def __init__(self, results: Results, finished: Callable[[], None]) -> None:
            self.jobs: deque[Job] = deque()
            self.done = False
            self.last_s = time.monotonic()
            self._results = results
            self._finished = finished
            self._job: Job | None = None
            self._steps: Iterator[Any] | None = None
            self._deadline_s = 0.0
            self._inside = False

        def start(self) -> None:
            """The first step comes with the next frame."""
            # On a timeline that is not paused with the project.
            td.run(self._frame, delayFrames=1, delayRef=td.op.TDResources)

        def _frame(self) -> None:
            if self.done:
                return
            self.start()  # first, because what follows may be broken off
            self.last_s = time.monotonic()
            if self._inside:
                self._broken_off()
            until = time.perf_counter() + BUDGET_S
            while not self.done:
                self._inside = True
                wait = self._step()
                self._inside = False
                if wait or time.perf_counter() >= until:
                    return

        def _broken_off(self) -> None:
            """The step of the former frame never came to its end."""
            job, self._job, self._steps = self._job, None, None
            if job is None:
                return
            if job.aborted is not None:
                job.aborted()
            else:
                self._fail(job, "TouchDesigner broke it off; see the textport")

        def _step(self) -> bool:
            """One step; whether to wait for the next frame."""
            if self._steps is None and not self._begin():
                return False
            job, steps = self._job, self._steps
            if job is None or steps is None:
                return False
            try:
                if time.monotonic() > self._deadline_s:
                    raise TimeoutError(f"not within {job.limit_s:g} s")
                return bool(next(steps) == FRAME)
            except StopIteration:
                self._job = self._steps = None
            except Exception as error:
                self._job = self._steps = None
                self._fail(job, describe_error(error))
                self._close(job, steps)
            return False

        def _begin(self) -> bool:
            """Takes the next job; whether it has steps."""
            if not self.jobs:
                self.done = True
                self._finished()
                return False
            job = self.jobs.popleft()
            self._job, self._deadline_s = job, time.monotonic() + job.limit_s
            try:
                self._steps = job.make()
            except Exception as error:
                self._fail(job, describe_error(error))
            return self._steps is not None

        def _close(self, job: Job, steps: Iterator[Any]) -> None:
            """Lets a job that did not end by itself clean up."""
            close = getattr(steps, "close", None)
            try:
                if close is not None:
                    close()
            except Exception as error:
                self._fail(job, f"cleaning up: {describe_error(error)}")

        def _fail(self, job: Job, why: str) -> None:
            self._results.add(job.area, job.name, job.failure, f"{job.name} could not be checked: {why}.", found=why)


    def frames(count: int = 1) -> Steps:
        """Waits for so many frames."""
        for _ in range(count):
            yield FRAME


    def until(predicate: Callable[[], Any], limit_s: float, least_frames: int = 1) -> Steps:
        """Waits until the predicate gives something true, for `limit_s` and `least_frames` at most.

    Returns:
        What it gave last.
    """
        deadline_s = time.monotonic() + limit_s
        waited = 0
        while True:
            value = predicate()
            if value or (waited >= least_frames and time.monotonic() > deadline_s):
                return value
            waited += 1
            yield FRAME


    # -----------------------------------------------------------------------------------------------------------------
    # Compares a component with the description that ships inside it, point by point. The tests use it, too.
    # -----------------------------------------------------------------------------------------------------------------

    #: Text DAT with the description, as JSON.
    DESCRIPTION_PATH = "local/tdg_component"

    #: TouchDesigner keeps some numbers with seven digits only.
    TOLERANCE = 1e-4

    _MISSING = "missing"


    @dataclass(frozen=True)
    class Point:
        """One thing that is compared: what it is, how it came out, how it is described."""

        what: str
        found: Any
        wanted: Any

        @property
        def holds(self) -> bool:
            """Whether it came out as described."""
            return is_same(self.found, self.wanted)

        @property
        def sentence(self) -> str:
            """For people."""
            if self.holds:
                return f"{self.what} is as described."
            if self.found == _MISSING:
                return f"{self.what} is missing."
            return f"{self.what} is {self.found!r}, not {self.wanted!r}."


    #: A name, and what compares it.
    Part = tuple[str, Callable[[], Iterator[Point]]]


    def is_same(found: Any, wanted: Any) -> bool:
        """Whether two values are equal, as far as TouchDesigner's numbers can be."""
        if isinstance(wanted, list) and isinstance(found, list):
            return len(found) == len(wanted) and all(map(is_same, found, wanted))
        if isinstance(wanted, int | float) and isinstance(found, int | float):
            return math.isclose(found, wanted, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        return bool(found == wanted)


    def description_of(comp: Any) -> dict[str, Any] | None:
        """The description in a component; None if there is none that can be read."""
        dat = comp.op(DESCRIPTION_PATH)
        try:
            description: dict[str, Any] = json.loads(dat.text)
            sorted(description[key] for key in ("name", "version"))
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
        return description


    def points(comp: Any, description: Mapping[str, Any]) -> Iterator[Point]:
        """Every described part of a component: operators, annotations, parameters, extensions."""
        for _, part in parts(comp, description):
            yield from part()


    def parts(comp: Any, description: Mapping[str, Any]) -> Iterator[Part]:
        """The parts one by one, each with its name, for who wants to go on where one cannot be compared."""
        for spec in description["operators"]:
            yield spec["path"], functools.partial(_operator, comp, spec)
        yield "annotations", functools.partial(_annotations, comp, description)
        yield "pages", functools.partial(_pages, comp, description)
        for page in description["pages"]:
            for order, spec in enumerate(page["parameters"]):
                yield spec["name"], functools.partial(_parameter, comp, page["name"], order, spec)
        yield "extensions", functools.partial(_extensions, comp, description)


    def looks(comp: Any, description: Mapping[str, Any]) -> Iterator[Point]:
        """How a fresh component shows itself: its node, what its annotations enclose, that nothing overlaps."""
        found = {
            "viewer": bool(comp.viewer),
            "showCustomOnly": bool(comp.showCustomOnly),
            "nodeview": comp.par.nodeview.eval(),
            "opviewer": [node.path for node in comp.par.opviewer.evalOPs()],
            "initextonstart": bool(comp.par.initextonstart.eval()),
            "parentshortcut": comp.par.parentshortcut.eval(),
            "color": list(comp.color),
            "comment": comp.comment,
        }
        wanted = {
            "viewer": True,
            "showCustomOnly": True,
            "nodeview": "opviewer",
            "opviewer": [f"{comp.path}/{description['viewer']}"],
            "initextonstart": True,
            "parentshortcut": description["shortcut"],
            "color": description["color"],
            "comment": description["summary"],
        }
        yield from _compare("the node", found, wanted)
        yield from _enclosed(comp, description)
        yield Point("overlapping operators", _overlaps(comp), [])


    def _operator(comp: Any, spec: Mapping[str, Any]) -> Iterator[Point]:
        node = comp.op(spec["path"])
        if node is None:
            yield Point(spec["path"], _MISSING, spec["type"])
            return
        found: dict[str, Any] = {
            "type": node.OPType,
            "position": [node.nodeX, node.nodeY],
            "color": list(node.color),
            "dock": node.dock and node.dock.name,
        }
        wanted = {"dock": None, **{key: spec[key] for key in found if key in spec}}
        found["comment"], wanted["comment"] = node.comment, spec.get("comment", "")
        if node.OPType == spec["type"]:
            _contents(node, spec, found, wanted)
        yield from _compare(spec["path"], found, wanted)


    def _contents(node: Any, spec: Mapping[str, Any], found: dict[str, Any], wanted: dict[str, Any]) -> None:
        """What only an operator of the right type has."""
        if "language" in spec:
            found["language"], wanted["language"] = node.par.language.eval(), spec["language"]
        if "rows" in spec:
            found["rows"] = [[cell.val for cell in row] for row in node.rows()]
            wanted["rows"] = spec["rows"]
        for name, value in spec.get("parameters", {}).items():
            refers = isinstance(value, dict)
            par = node.par[name]
            if par is None:
                found[name] = _MISSING
            else:
                found[name] = [one.path for one in par.evalOPs()] if refers else par.eval()
            wanted[name] = [_target(node, value["reference"])] if refers else value


    def _target(node: Any, path: str) -> str:
        around: str = node.parent().path
        return around if path == ".." else f"{around}/{path}"


    def _notes(comp: Any) -> list[Any]:
        return [node for node in comp.findChildren(depth=1, includeUtility=True) if node.OPType == "annotateCOMP"]


    def _annotations(comp: Any, description: Mapping[str, Any]) -> Iterator[Point]:
        notes = {note.name: note for note in _notes(comp)}
        yield Point("annotations", sorted(notes), sorted(one["name"] for one in description["groups"]))
        for spec in description["groups"]:
            note = notes.get(spec["name"])
            if note is None:
                continue
            found = {
                "title": note.par.Titletext.eval(),
                "body": note.par.Bodytext.eval(),
                "color": [note.par[f"Backcolor{part}"].eval() for part in "rgb"],
                "box": [note.nodeX, note.nodeY, note.nodeWidth, note.nodeHeight],
                "utility": bool(note.utility),
            }
            yield from _compare(spec["name"], found, {"utility": True, **{key: spec[key] for key in found if key in spec}})


    def _enclosed(comp: Any, description: Mapping[str, Any]) -> Iterator[Point]:
        notes = {note.name: note for note in _notes(comp)}
        for spec in description["groups"]:
            left, bottom, width, height = spec["box"]
            names = [
                one["path"]
                for one in description["operators"]
                if "/" not in one["path"]
                and left <= one["position"][0] < left + width
                and bottom <= one["position"][1] < bottom + height
            ]
            if spec["name"] in notes:
                found = sorted(node.name for node in notes[spec["name"]].enclosedOPs if node.name in names)
                yield Point(f"{spec['name']}.encloses", found, sorted(names))


    def _overlaps(comp: Any) -> list[str]:
        """Pairs of operators of which one hides a part of the other."""
        boxes = [
            (node.name, node.nodeX, node.nodeY, node.nodeX + node.nodeWidth, node.nodeY + node.nodeHeight)
            for node in sorted(comp.children, key=lambda node: str(node.name))
        ]
        return [
            f"{one[0]} and {other[0]}"
            for number, one in enumerate(boxes)
            for other in boxes[number + 1 :]
            if one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]
        ]


    def _pages(comp: Any, description: Mapping[str, Any]) -> Iterator[Point]:
        names = [page["name"] for page in description["pages"]]
        yield Point("pages", [page.name for page in comp.customPages if page.name in names], names)


    def _parameter(comp: Any, page: str, order: int, spec: Mapping[str, Any]) -> Iterator[Point]:
        par = comp.par[spec["name"]]
        if par is None:
            yield Point(spec["name"], _MISSING, spec["style"])
            return
        found: dict[str, Any] = {
            "style": par.style,
            "page": par.page.name,
            "order": par.order,
            "label": par.label,
            "help": par.help or "",
            "section": bool(par.startSection),
            "read_only": bool(par.readOnly),
            "enable": par.enableExpr or "",
            "menu": [list(entry) for entry in zip(par.menuNames or [], par.menuLabels or [], strict=True)],
        }
        wanted = {"section": False, "read_only": False, "enable": "", "menu": []}
        wanted |= {key: spec[key] for key in found if key in spec} | {"page": page, "order": order}
        if "default" in spec:
            found["default"], wanted["default"] = par.default or "", spec["default"] or ""
        if spec["style"] in ("Int", "Float"):
            found["clamps"] = [bool(par.clampMin), bool(par.clampMax)]
            wanted["clamps"] = ["minimum" in spec, "maximum" in spec]
            for key, limit in (("minimum", par.min), ("maximum", par.max)):
                found[key], wanted[key] = limit if key in spec else None, spec.get(key)
            found["slider"], wanted["slider"] = [par.normMin, par.normMax], spec.get("slider", [0, 1])
        yield from _compare(spec["name"], found, wanted)


    def _extensions(comp: Any, description: Mapping[str, Any]) -> Iterator[Point]:
        for number, spec in enumerate(description["extensions"]):
            what = f"extensions.{spec['name']}"
            if number >= comp.seq.ext.numBlocks:
                yield Point(what, _MISSING, spec["object"])
                continue
            object_, name, promote = (comp.par[f"ext{number}{field}"].eval() for field in ("object", "name", "promote"))
            found = {"object": str(object_ or ""), "name": str(name or ""), "promote": bool(promote)}
            yield from _compare(what, found, {key: spec[key] for key in found})


    def _compare(what: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[Point]:
        for key in found:
            yield Point(f"{what}.{key}", found[key], wanted[key])


    # -----------------------------------------------------------------------------------------------------------------
    # Scratch operators to try something out in, and what their callbacks tell.
    # -----------------------------------------------------------------------------------------------------------------

    #: Callbacks tell what they have seen by this list, which hangs on `sys`: it outlives every module.
    EVENTS = "tdg_selftest_events"

    #: What the text of a scratch DAT begins with that tells something.
    TELL = f"""import sys


def tell(*what):
    sys.{EVENTS}.append((op.TDResources.time.frame, *what))


"""


    class Unanswered(Exception):  # noqa: N818 - no error: a result
        """Something cannot be found out here; the text says why."""


    class Room:
        """A COMP for one question.

    Attributes:
        comp: Scratch operators go into it.
        details: What else is worth keeping beside the answer.
    """

        def __init__(self, around: Any, name: str) -> None:
            self.comp = around.create(td.baseCOMP, name)
            self.details: dict[str, Any] = {}
            self.events: list[tuple[Any, ...]] = []
            self._last: list[Callable[[], Any]] = []
            setattr(sys, EVENTS, self.events)

        @property
        def frame(self) -> float:
            """Changes with every frame, also while the project is paused."""
            return float(td.op.TDResources.time.frame)

        def create(self, kind: Any, name: str, text: str | None = None, parent: Any = None, **values: Any) -> Any:
            """A scratch operator with a text and parameter values."""
            node = (self.comp if parent is None else parent).create(kind, name)
            if text is not None:
                node.text = text
            for name_of_par, value in values.items():
                par = node.par[name_of_par]
                par.val = value
                if par.isOP and not par.evalOPs():
                    # Seen with some operator parameters: the text does not take, an expression does.
                    par.expr = "parent()" if value == ".." else f"op('{value}')"
            return node

        def script(self, name: str, text: str, parent: Any = None) -> Any:
            """A text DAT whose functions can `tell`."""
            return self.create(td.textDAT, name, TELL + text, parent, language="python")

        def par(self, style: str, name: str, comp: Any = None) -> Any:
            """A new custom parameter of the scratch COMP."""
            comp = self.comp if comp is None else comp
            pages = [page for page in comp.customPages if page.name == "Scratch"]
            page = pages[0] if pages else comp.appendCustomPage("Scratch")
            return getattr(page, f"append{style}")(name)[0]

        def extended(self, name: str, text: str, *classes: str, parent: Any = None) -> Any:
            """A COMP with an extension of each class in the text; all are promoted."""
            comp = self.create(td.baseCOMP, name, parent=parent)
            self.script("code", text, comp)
            if len(classes) > 1:
                comp.seq.ext.numBlocks = len(classes)
            for number, class_name in enumerate(classes):
                setattr(comp.par, f"ext{number}object", f"op('./code').module.{class_name}(me)")
                setattr(comp.par, f"ext{number}name", class_name)
                setattr(comp.par, f"ext{number}promote", True)
            return comp

        def told(self, what: str, *more: Any) -> list[tuple[Any, ...]]:
            """The events of that kind so far, the frame first."""
            return [event for event in self.events if event[1 : 2 + len(more)] == (what, *more)]

        def at_last(self, action: Callable[[], Any]) -> None:
            """Do this when the room is closed, whatever happens; the last named first."""
            self._last.append(action)

        def close(self) -> None:
            """Takes everything away. Idempotent."""
            while self._last:
                attempt(self._last.pop())
            if self.comp.valid:
                remove(self.comp)


    def remove(node: Any) -> None:
        """Destroys an operator and what is in it. What is docked is undocked first: destroying its host could raise."""
        inside = node.findChildren(includeUtility=True) if node.isCOMP else []
        for one in inside:
            if one.dock is not None:
                one.dock = None
        for one in node.docked:
            one.dock = None
        node.destroy()


    def attempt(action: Callable[[], Any]) -> Exception | None:
        """Does something; the exception if it raised one."""
        try:
            action()
        except Exception as error:
            return error
        return None


    # -----------------------------------------------------------------------------------------------------------------
    # The open questions: who measures which one, and how the answers are kept.
    # -----------------------------------------------------------------------------------------------------------------

    Measure = Callable[[Room], Any]


    @dataclass(frozen=True)
    class Question:
        """Something nobody knows of TouchDesigner.

    Attributes:
        name: Of the stand-in's switch, if it has one.
        about: What is asked.
        measure: Gives the answer; a generator if it needs several frames.
        switch: Whether the stand-in has a switch for it.
    """

        name: str
        about: str
        measure: Measure
        switch: bool = True


    QUESTIONS: list[Question] = []


    def question(about: str, *, switch: bool = True) -> Callable[[Measure], Measure]:
        """Registers a function `ask_NAME` as the one that answers the question NAME."""

        def register(measure: Measure) -> Measure:
            QUESTIONS.append(Question(measure.__name__.removeprefix("ask_"), about, measure, switch))
            return measure

        return register


    def question_jobs(results: Results, around: Any) -> Iterator[Job]:
        """A job for each question.

    Args:
        results: Gets the answers.
        around: The COMP that the scratch operators are made in.
    """
        for one in QUESTIONS:
            yield Job(
                "unknowns",
                one.name,
                functools.partial(_answer, one, results, around),
                failure=SKIPPED,
                aborted=functools.partial(_keep, one, results, "aborted", {}),
            )


    def _answer(one: Question, results: Results, around: Any) -> Iterator[Any]:
        room = Room(around, f"ask_{one.name}")
        try:
            found = one.measure(room)
            if inspect.isgenerator(found):
                found = yield from found
            _keep(one, results, found, room.details)
        except Unanswered as why:
            results.add("unknowns", one.name, SKIPPED, f"{one.about}: {why}.")
        finally:
            room.close()


    def _keep(one: Question, results: Results, answer: Any, details: dict[str, Any]) -> None:
        (results.unknowns if one.switch else results.also)[one.name] = answer
        if details:
            results.details[one.name] = details
        results.add("unknowns", one.name, MEASURED, f"{one.about}: {shown(answer)}.", found=answer)


    # -----------------------------------------------------------------------------------------------------------------
    # Questions about operators and how they are found.
    # -----------------------------------------------------------------------------------------------------------------

    @question("which COMP a global shortcut held by two of them names")
    def ask_shortcut_conflict(room: Room) -> str:
        shortcut = "tdgselftest"
        first, second = room.create(td.baseCOMP, "first"), room.create(td.baseCOMP, "second")
        for comp in (first, second):
            room.at_last(lambda comp=comp: setattr(comp.par, "opshortcut", ""))  # type: ignore[misc]
            comp.par.opshortcut = shortcut
        holder = getattr(td.op, shortcut, None)
        room.details["parameters"] = [comp.par.opshortcut.eval() for comp in (first, second)]
        return "newest" if holder == second else "first" if holder == first else "neither"


    @question("create() with characters that no operator name has")
    def ask_illegal_name(room: Room) -> str:
        made: list[Any] = []
        error = attempt(lambda: made.append(room.create(td.textDAT, "a b-c")))
        if error is not None:
            return "raises"
        room.details["name"] = made[0].name
        return "cleaned"


    @question("assigning a name that a sibling has")
    def ask_rename_taken(room: Room) -> str:
        room.create(td.textDAT, "taken")
        other = room.create(td.textDAT, "other")
        error = attempt(lambda: setattr(other, "name", "taken"))
        room.details["name"] = other.name
        return "raises" if error is not None else "numbered" if other.name not in ("taken", "other") else other.name


    @question("destroying an operator that others are docked to")
    def ask_destroy_docked(room: Room) -> str:
        host, docked = room.create(td.textDAT, "host"), room.create(td.textDAT, "docked")
        docked.dock = host
        if attempt(host.destroy) is not None:
            return "raises"
        return "undocks" if docked.valid else "destroys"


    @question("order of children and findChildren()")
    def ask_children_order(room: Room) -> str:
        for name in ("b", "a", "c"):
            room.create(td.textDAT, name)
        names = "".join(node.name for node in room.comp.children)
        return {"bac": "created", "cab": "reversed", "abc": "by_name"}.get(names, names)


    @question("whether two look-ups of one operator give the same Python object")
    def ask_op_objects(room: Room) -> str:
        node = room.create(td.textDAT, "node")
        first, second = td.op(node.path), td.op(node.path)
        room.details["equal"] = first == second
        room.details["hash"] = "equal" if attempt(lambda: hash(first)) is None and hash(first) == hash(second) else "none"
        return "same" if first is second else "fresh"


    @question("'../x' from a DAT: beside the COMP that holds it, or beside the DAT")
    def ask_dotdot_path(room: Room) -> str:
        inner = room.create(td.baseCOMP, "inner")
        outside, beside = room.create(td.textDAT, "target"), room.create(td.textDAT, "target", parent=inner)
        script = room.script("look", "def look():\n    return op('../target')\n", inner)
        found = script.module.look()
        return "network" if found == outside else "node" if found == beside else "nothing"


    @question("place and size of a new operator, cells of a new table", switch=False)
    def ask_new_operator(room: Room) -> list[int]:
        table, comp = room.create(td.tableDAT, "table"), room.create(td.baseCOMP, "comp")
        room.details["comp"] = [comp.nodeX, comp.nodeY, comp.nodeWidth, comp.nodeHeight]
        return [table.nodeX, table.nodeY, table.nodeWidth, table.nodeHeight, table.numRows, table.numCols]


    # -----------------------------------------------------------------------------------------------------------------
    # Questions about parameters.
    # -----------------------------------------------------------------------------------------------------------------

    @question("type of a Toggle's eval()")
    def ask_toggle_eval(room: Room) -> str:
        par = room.par("Toggle", "Switch")
        par.val = True
        return type(par.eval()).__name__


    @question("a float assigned to an Int")
    def ask_float_into_int(room: Room) -> Any:
        par = room.par("Int", "Count")
        par.val = 2.7
        room.details["2.7 gives"] = par.eval()
        return {2: "truncated", 3: "rounded"}.get(par.eval(), par.eval())


    @question("text that is no number assigned to a number or toggle")
    def ask_text_into_number(room: Room) -> Any:
        par = room.par("Float", "Amount")
        par.val = 3.0
        if attempt(lambda: setattr(par, "val", "words")) is not None:
            return "raises"
        return "ignored" if par.eval() == 3.0 else par.eval()


    @question("a script assigns to a parameter that is readOnly")
    def ask_read_only_write(room: Room) -> str:
        par = room.par("Str", "Kept")
        par.readOnly = True
        if attempt(lambda: setattr(par, "val", "new")) is not None:
            return "raises"
        return "allowed" if par.eval() == "new" else "ignored"


    @question("text stored when an operator is assigned to a parameter")
    def ask_op_par_text(room: Room) -> str:
        comp = room.create(td.baseCOMP, "comp")
        sibling = room.create(td.textDAT, "sibling")
        par = room.par("DAT", "Target", comp)
        par.val = sibling
        text = str(par.val)
        room.details["begins with a slash"] = text.startswith("/")
        return "absolute" if text == sibling.path else "relative"


    @question("appendCustomPage() with the name of an existing page")
    def ask_second_page(room: Room) -> str:
        for _ in range(2):
            if attempt(lambda: room.comp.appendCustomPage("Twice")) is not None:
                return "raises"
        return "existing" if [page.name for page in room.comp.customPages].count("Twice") == 1 else "duplicate"


    @question("value of a parameter that append...(replace=True) makes again")
    def ask_replaced_value(room: Room) -> Any:
        room.par("Int", "Again").val = 5
        value = room.par("Int", "Again").eval()
        return {5: "kept", 0: "reset"}.get(value, value)


    @question("menuIndex of a StrMenu whose text is not in its menu")
    def ask_foreign_menu_index(room: Room) -> Any:
        par = room.par("StrMenu", "Choice")
        par.menuNames = ["one", "two"]
        par.val = "foreign"
        index = par.menuIndex
        return "none" if index is None else "zero" if index == 0 else index


    # -----------------------------------------------------------------------------------------------------------------
    # Questions about tables, cells and FIFOs.
    # -----------------------------------------------------------------------------------------------------------------

    def _table(room: Room, *rows: list[str]) -> Any:
        table = room.create(td.tableDAT, "table")
        table.clear()
        table.appendRows([list(row) for row in rows])
        return table


    def _column(table: Any) -> list[str]:
        return [table[row, 0].val for row in range(table.numRows)]


    @question("None written to a cell")
    def ask_none_cell(room: Room) -> str:
        table = _table(room, ["a"])
        table.appendRow([None])
        return str(table[1, 0].val)


    @question("assigning to a cell outside the table")
    def ask_missing_cell(room: Room) -> str:
        table = _table(room, ["a"])
        if attempt(lambda: table.__setitem__((7, 7), "x")) is not None:
            return "raises"
        return "ignored" if (table.numRows, table.numCols) == (1, 1) else "added"


    @question("negative row and column indices")
    def ask_negative_index(room: Room) -> str:
        table = _table(room, ["a"], ["b"])
        try:
            cell = table[-1, 0]
        except Exception:
            return "refused"
        return "refused" if cell is None else "from_end" if cell.val == "b" else str(cell.val)


    @question("deleteRow or replaceRow of a row that is not there")
    def ask_missing_row(room: Room) -> str:
        table = _table(room, ["a"], ["b"])
        room.details["by name"] = "raises" if attempt(lambda: table.deleteRow("none")) is not None else "ignored"
        room.details["replaceRow"] = "raises" if attempt(lambda: table.replaceRow(7, ["x"])) is not None else "ignored"
        if attempt(lambda: table.deleteRow(7)) is not None:
            return "raises"
        return "ignored" if _column(table) == ["a", "b"] else "others"


    @question("what the indices of deleteRows() refer to")
    def ask_delete_rows(room: Room) -> str:
        table = _table(room, ["a"], ["b"], ["c"], ["d"])
        table.deleteRows([0, 1])
        left = "".join(_column(table))
        return {"cd": "before_call", "bd": "one_by_one"}.get(left, left)


    @question("editing a DAT that is not editable")
    def ask_read_only_dat(room: Room) -> str:
        _table(room, ["a"])
        shown = room.create(td.selectDAT, "shown", dat="table")
        if attempt(lambda: shown.__setitem__((0, 0), "x")) is not None:
            return "raises"
        return "ignored" if shown[0, 0].val == "a" else "edited"


    @question("isEditable of a FIFO DAT")
    def ask_fifo_editable(room: Room) -> str:
        return "yes" if room.create(td.fifoDAT, "fifo").isEditable else "no"


    @question("whether the kept first row counts towards maxlines")
    def ask_fifo_heading(room: Room) -> Any:
        fifo = room.create(td.fifoDAT, "fifo", firstrow=True, clamp=True, maxlines=3)
        for number in range(7):
            fifo.appendRow([f"row{number}"])
        room.details["rows"] = _column(fifo)
        return {4: "extra", 3: "counted"}.get(fifo.numRows, fifo.numRows)


    @question("when onNewRow is called")
    def ask_fifo_new_row(room: Room) -> Steps:
        room.script("calls", "def onNewRow(dat, rowIndex, cells):\n    tell('row')\n")
        fifo = room.create(td.fifoDAT, "fifo", callbacks="calls")
        yield from until(lambda: False, 0, 3)  # what its creation may bring about is over
        room.events.clear()
        begun = room.frame
        fifo.appendRow(["x"])
        if room.events:
            return "at_once"
        yield from until(lambda: room.events, 1, 10)
        if not room.events:
            return "never"
        return "frame_end" if room.events[0][0] == begun else "later"


    @question("truth of a Cell: any text, or its number if it looks like one")
    def ask_cell_truth(room: Room) -> str:
        table = _table(room, ["0"])
        return "text" if table[0, 0] else "number"


    @question("a row that is longer than the table", switch=False)
    def ask_long_row(room: Room) -> Any:
        table = _table(room, ["a"])
        if attempt(lambda: table.appendRow(["b", "c"])) is not None:
            return "raises"
        return "widens" if table.numCols == 2 and table[0, 1].val == "" else "cut"


    # -----------------------------------------------------------------------------------------------------------------
    # Questions about DATs as modules and scripts.
    # -----------------------------------------------------------------------------------------------------------------

    @question("mod.name without such a DAT")
    def ask_mod_missing(room: Room) -> str:
        script = room.script("look", "def look():\n    return mod.tdg_no_such_module\n")
        found: list[Any] = []
        if attempt(lambda: found.append(script.module.look())) is not None:
            return "raises"
        return "none" if found == [None] else "something"


    @question("__name__ in a text DAT that is run as a script")
    def ask_script_name(room: Room) -> str:
        script = _module(room, "named", f"import sys\n\nsys.{EVENTS}.append((0, 'name', __name__))\n")
        script.run()
        name = str(room.told("name")[0][2])
        return "dat" if name == script.name else name


    @question("whether a text DAT that is run keeps its names apart from its globals")
    def ask_script_scope(room: Room) -> str:
        told = f"    sys.{EVENTS}.append((0, 'SCOPE'))\n"
        text = "import sys\n\n\ndef inner():\n    return outer\n\n\nouter = 1\n"
        text += f"try:\n    inner()\n{told.replace('SCOPE', 'one')}except NameError:\n{told.replace('SCOPE', 'two')}"
        _module(room, "scoped", text).run()
        return str(room.events[0][1]) if room.events else "nothing ran"


    def _module(room: Room, name: str, text: str) -> Any:
        return room.create(td.textDAT, name, text, language="python")


    @question("globals of a DAT's module after its text was recompiled")
    def ask_old_module(room: Room) -> Steps:
        script = _module(room, "changing", "VALUE = 1\n")
        old = script.module
        script.text = "VALUE = 2\n"
        yield from frames(2)
        attempt(lambda: script.module.VALUE)
        yield from frames(1)
        return {1: "kept", 2: "updated"}.get(getattr(old, "VALUE", 0), "cleared")


    @question("globals of a DAT's module after the DAT was destroyed")
    def ask_destroyed_module(room: Room) -> Steps:
        script = _module(room, "leaving", "VALUE = 1\n")
        old = script.module
        script.destroy()
        yield from frames(2)
        return "kept" if getattr(old, "VALUE", None) == 1 else "cleared"


    @question("whether a DAT's module is in sys.modules", switch=False)
    def ask_dat_in_sys_modules(room: Room) -> str:
        script = _module(room, "tdg_selftest_listed", "VALUE = 1\n")
        reader = _module(room, "tdg_selftest_reader", "import tdg_selftest_listed\n")
        attempt(lambda: reader.module)
        return "yes" if script.name in sys.modules else "no"


    @question("whether `import x` in a DAT gives the module of the DAT x itself", switch=False)
    def ask_module_copies(room: Room) -> str:
        script = _module(room, "tdg_selftest_one", "VALUE = []\n")
        reader = _module(room, "tdg_selftest_two", "import tdg_selftest_one\nVALUE = tdg_selftest_one.VALUE\n")
        return "one" if reader.module.VALUE is script.module.VALUE else "several"


    @question("whether a DAT follows when one that it imports changes", switch=False)
    def ask_importer_follows(room: Room) -> Steps:
        script = _module(room, "tdg_selftest_source", "VALUE = 1\n")
        reader = _module(room, "tdg_selftest_follower", "import tdg_selftest_source\nVALUE = tdg_selftest_source.VALUE\n")
        attempt(lambda: reader.module.VALUE)
        script.text = "VALUE = 2\n"
        yield from frames(2)
        return "yes" if reader.module.VALUE == 2 else "no"


    @question("whether a DAT hides a module of the standard library", switch=False)
    def ask_dat_hides_library(room: Room) -> str:
        name = next((name for name in ("colorsys", "sched", "stringprep", "zipapp") if name not in sys.modules), "")
        if not name:
            raise Unanswered("every module it could be tried with is loaded already")
        room.at_last(lambda: sys.modules.pop(name, None))
        _module(room, name, "HIDES = True\n")
        reader = _module(room, "tdg_selftest_library", f"import {name}\nHIDES = hasattr({name}, 'HIDES')\n")
        return "yes" if reader.module.HIDES else "no"


    # -----------------------------------------------------------------------------------------------------------------
    # Questions about extensions, loading and the life of a component.
    # -----------------------------------------------------------------------------------------------------------------

    _MADE = """class {name}:
    def __init__(self, ownerComp):
        tell('made', '{name}', ownerComp.path)
        self.Attribute = 1

    def Method(self):
        return 1
"""


    @question("which extensions are made anew when the definition of one changes")
    def ask_block_change(room: Room) -> Steps:
        names = ("One", "Two", "Three")
        comp = room.extended("comp", "\n\n".join(_MADE.format(name=name) for name in names), "One", "Two")
        attempt(lambda: (comp.ext.One, comp.ext.Two))
        yield from frames(2)
        room.events.clear()
        comp.par.ext1object = "op('./code').module.Three(me)"
        attempt(lambda: (comp.ext.One, comp.ext.Two))
        yield from frames(2)
        attempt(lambda: (comp.ext.One, comp.ext.Two))
        if not room.told("made", "Three"):
            return "none"
        return "all" if room.told("made", "One") else "that_one"


    @question("what is promoted: every capitalised member, or methods and properties only")
    def ask_promoted(room: Room) -> str:
        comp = room.extended("comp", _MADE.format(name="One"), "One")
        if attempt(comp.Method) is not None:
            return "nothing"
        return "methods" if attempt(lambda: comp.Attribute) is not None else "all"


    @question("whether initextonstart also acts when a .tox is loaded or a COMP is pasted")
    def ask_start_on_load(room: Room) -> Steps:
        model = room.extended("model", _MADE.format(name="One"), "One")
        model.par.initextonstart = True
        loaded = _saved_and_loaded(room, model)
        yield from frames(5)
        return "yes" if room.told("made", "One", loaded.path) else "no"


    @question("Parameter Execute calls for values loaded from a .tox")
    def ask_load_events(room: Room) -> Steps:
        model = room.create(td.baseCOMP, "model")
        room.par("Int", "Count", model).val = 7
        watch = room.create(td.parameterexecuteDAT, "watch", parent=model, op="..", pars="*", custom=True, builtin=False)
        watch.text = TELL + "def onValueChange(par, prev):\n    tell('value', par.owner.path)\n"
        watch.par.valuechange = True
        loaded = _saved_and_loaded(room, model)
        yield from frames(5)
        return "fired" if room.told("value", loaded.path) else "none"


    def _saved_and_loaded(room: Room, model: Any) -> Any:
        path = Path(td.app.tempFolder) / f"{room.comp.name}-{room.comp.id}.tox"
        room.at_last(lambda: path.unlink(missing_ok=True))
        model.save(path.as_posix())
        place = room.create(td.baseCOMP, "place")
        return place.loadTox(path.as_posix())


    @question("when onInitTD is called (never: builds before 2025)")
    def ask_on_init(room: Room) -> Steps:
        text = "class One:\n    def __init__(self, ownerComp):\n        tell('made')\n"
        comp = room.extended("comp", f"{text}\n    def onInitTD(self):\n        tell('init')\n", "One")
        attempt(lambda: comp.ext.One)
        yield from until(lambda: room.told("init"), 0.2, 5)
        made, init = room.told("made"), room.told("init")
        if not made or not init:
            return "never"
        return "frame_end" if init[0][0] == made[0][0] else "next_frame"


    @question("when an extension follows a change of its DAT", switch=False)
    def ask_extension_rebuilt(room: Room) -> Steps:
        comp = room.extended("comp", _MADE.format(name="One"), "One")
        attempt(lambda: comp.ext.One)
        room.events.clear()
        comp.op("code").text += "\n# changed\n"
        yield from frames(5)
        if room.told("made"):
            return "by_itself"
        attempt(lambda: comp.ext.One)
        return "on_access" if room.told("made") else "never"


    #: What is left in the network to see the end of the project: it writes down what was called, in order.
    EXIT_NAME = "selftest_exit"

    _AT_EXIT = """import json


def told(what):
    path = {path!r}
    try:
        with open(path, encoding='utf-8') as file:
            found = json.load(file)
    except (OSError, ValueError):
        found = []
    found.append(what)
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(found, file)


"""


    def exit_path() -> Path:
        """The file in which the end of the project is noted."""
        return Path(td.project.folder) / f"selftest-{td.app.build}-exit.json"


    @question("onDestroyTD when the project closes")
    def ask_destroy_at_exit(room: Room) -> str:
        called: list[str] = []
        attempt(lambda: called.extend(json.loads(exit_path().read_text(encoding="utf-8"))))
        room.details["called"] = called
        if "onExit" not in called:  # without it, the operator was deleted and the project went on
            raise Unanswered("set WATCH_EXIT = True at the top of this file, run it, close TouchDesigner, run it again")
        return "yes" if "onDestroyTD" in called else "no"


    def watch_exit(around: Any) -> Any:
        """Leaves an operator that notes at the end of the project which hooks are called."""
        path = exit_path()
        former = around.op(EXIT_NAME)
        if former is not None:
            former.destroy()
        path.unlink(missing_ok=True)
        comp = around.create(td.baseCOMP, EXIT_NAME)
        head = _AT_EXIT.format(path=path.as_posix())
        comp.create(td.textDAT, "code").text = (
            f"{head}class One:\n    def __init__(self, ownerComp):\n        pass\n\n"
        "    def onDestroyTD(self):\n        told('onDestroyTD')\n"
        )
        comp.par.ext0object = "op('./code').module.One(me)"
        comp.par.ext0name = "One"
        watch = comp.create(td.executeDAT, "watch")
        watch.text = f"{head}def onExit():\n    told('onExit')\n"
        watch.par.exit = True
        attempt(lambda: comp.ext.One)
        return comp


    # -----------------------------------------------------------------------------------------------------------------
    # Questions about the ThreadManager and other threads.
    # -----------------------------------------------------------------------------------------------------------------

    #: No worker waits longer than that, whatever becomes of the self-test.
    WORKER_S = 5.0
    #: How long the start of a worker is waited for.
    START_S = 1.0


    def manager() -> Any:
        """TouchDesigner's ThreadManager; None on builds without it."""
        return getattr(td.op.TDResources, "ThreadManager", None)


    def enqueue(target: Callable[..., Any], *args: Any, standalone: bool = True, **hooks: Any) -> Any:
        """Hands a task to the ThreadManager; what EnqueueTask gives."""
        tasks = manager()
        if tasks is None:
            raise Unanswered("this build has no ThreadManager")
        return tasks.EnqueueTask(tasks.TDTask(target=target, args=args, **hooks), standalone=standalone)


    def wait_for(gate: threading.Event, began: threading.Event | None = None) -> str:
        """A worker that waits. Worker only."""
        if began is not None:
            began.set()
        gate.wait(WORKER_S)
        return "result"


    @question("builds before 2023.31500 have no ThreadManager")
    def ask_thread_manager(_: Room) -> str:
        return "absent" if manager() is None else "present"


    @question("what SuccessHook is called with")
    def ask_success_hook(room: Room) -> Steps:
        called: list[tuple[Any, ...]] = []
        enqueue(lambda: "result", SuccessHook=lambda *args: called.append(args))
        yield from until(lambda: called, START_S, 5)
        if not called:
            return "never"
        room.details["arguments"] = [type(argument).__name__ for argument in called[0]]
        return "result" if called[0] == ("result",) else "nothing" if not called[0] else "other"


    def _fail() -> None:
        raise ValueError("an error made by the self-test")


    @question("arguments of ExceptHook")
    def ask_except_hook(room: Room) -> Steps:
        called: list[tuple[Any, ...]] = []
        enqueue(_fail, ExceptHook=lambda *args: called.append(args))
        yield from until(lambda: called, START_S, 5)
        if not called:
            return "never"
        room.details["arguments"] = [type(argument).__name__ for argument in called[0]]
        return len(called[0])


    @question("RefreshHook at the ends of a task")
    def ask_refresh_hook(room: Room) -> Steps:
        gate, began, ended = threading.Event(), threading.Event(), []
        room.at_last(gate.set)

        def work() -> None:
            wait_for(gate, began)
            ended.append(time.monotonic())

        thread = enqueue(
            work,
            RefreshHook=lambda *_: room.events.append((room.frame, "refresh")),
            SuccessHook=lambda *_: room.events.append((room.frame, "success")),
        )
        began.wait(0.5)  # so that the first hook is due in the next frame
        yield from frames(1)
        first = bool(room.told("refresh"))
        yield from frames(3)
        count = len(room.told("refresh"))
        gate.set()
        _rest(lambda: ended and not (thread and thread.is_alive()))
        yield from until(lambda: room.told("success"), START_S, 5)
        late = len(room.told("refresh")) - count
        room.details["hooks"] = {"in the first frame": first, "in four frames": count, "after the end": late}
        if not count:
            return "never"
        return "once_more" if late else "while_running" if first else "not_first"


    def _rest(ended: Callable[[], Any]) -> None:
        """A few milliseconds within the frame, until a worker is at its end: the next hook would be one too many."""
        until_s = time.monotonic() + 0.25
        while not ended() and time.monotonic() < until_s:
            time.sleep(0.001)


    @question("whether a hook that raises ends the hooks of its task")
    def ask_hook_error(room: Room) -> Steps:
        gate, began = threading.Event(), threading.Event()
        room.at_last(gate.set)
        called: list[float] = []

        def hook(*_: Any) -> None:
            called.append(room.frame)
            if len(called) == 1:
                raise ValueError("an error made by the self-test")

        enqueue(wait_for, gate, began, RefreshHook=hook, SuccessHook=lambda *_: room.events.append((room.frame, "success")))
        yield from until(lambda: called, START_S, 5)
        if not called:
            return "never"
        yield from frames(4)
        gate.set()
        yield from until(lambda: room.told("success"), 0.05, 5)
        room.details["SuccessHook"] = bool(room.told("success"))
        return "next_hooks_come" if len(called) > 1 else "hooks_stop"


    @question("free threads of the shared pool")
    def ask_pool_size(room: Room) -> Steps:
        gate = threading.Event()
        room.at_last(gate.set)
        began = [threading.Event() for _ in range(6)]
        ended: list[str] = []
        for event in began:
            enqueue(lambda event=event: ended.append(wait_for(gate, event)), standalone=False)
        count, since_s = -1, 0.0
        while count < len(began) and (count < 0 or time.monotonic() - since_s < PATIENCE_POOL_S):
            now = sum(event.is_set() for event in began)
            if now != count:
                count, since_s = now, time.monotonic()
            yield from frames(1)
        gate.set()
        yield from until(lambda: len(ended) == len(began) or not count, START_S, 5)
        return count


    #: Threads that have not begun that long after the last one did will not.
    PATIENCE_POOL_S = 0.1


    @question("a standalone task at the thread limit")
    def ask_standalone(room: Room) -> Steps:
        gate, began = threading.Event(), threading.Event()
        room.at_last(gate.set)
        thread = enqueue(wait_for, gate, began)
        yield from until(began.is_set, START_S, 5)
        room.details["EnqueueTask gives"] = type(thread).__name__
        return "starts" if began.is_set() else "queued"


    _BRING = """def bring(found):
    try:
        import tdg_selftest_harmless
        found.append('allowed')
    except BaseException as error:
        found.append(f'{type(error).__name__}: {error}')
"""


    @question("first import of a third-party module in a worker")
    def ask_worker_import(room: Room) -> Steps:
        name = "tdg_selftest_harmless"
        folder = Path(td.app.tempFolder) / f"tdg-selftest-{os.getpid()}"
        folder.mkdir(exist_ok=True)
        file = folder / f"{name}.py"
        file.write_text("VALUE = 1\n", encoding="utf-8")
        room.at_last(folder.rmdir)
        room.at_last(file.unlink)
        room.at_last(lambda: sys.modules.pop(name, None))
        bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        room.at_last(lambda: setattr(sys, "dont_write_bytecode", bytecode))
        sys.path.append(str(folder))
        room.at_last(lambda: sys.path.remove(str(folder)))
        found: list[str] = []
        bring = room.create(td.textDAT, "bring", _BRING, language="python").module.bring
        threading.Thread(target=bring, args=(found,), name="tdg-selftest", daemon=True).start()
        yield from until(lambda: found, WORKER_S)
        if not found:
            return "hangs"
        room.details["outcome"] = found[0]
        return "allowed" if found[0] == "allowed" else "raises"


    @question("what sys.executable names")
    def ask_executable(_: Room) -> str:
        name = Path(sys.executable or "").name.lower()
        return "python" if "python" in name else "touchdesigner" if "touchdesigner" in name else name


    # -----------------------------------------------------------------------------------------------------------------
    # Questions about callbacks, frames and dialogs: what comes when.
    # -----------------------------------------------------------------------------------------------------------------

    #: How long something that is bound to come is waited for: in seconds, and in frames at least.
    PATIENCE_S = 0.05
    PATIENCE_FRAMES = 6


    def _settled(room: Room) -> Steps:
        """Lets everything come that the creation of operators brings about."""
        yield from frames(3)
        room.events.clear()


    def _awaited(room: Room, what: str, count: int = 1) -> Steps:
        yield from until(lambda: len(room.told(what)) >= count, PATIENCE_S, PATIENCE_FRAMES)


    def _watched_parameter(room: Room, style: str) -> Any:
        comp = room.create(td.baseCOMP, "comp")
        par = room.par(style, "Watched", comp)
        text = "def onValueChange(par, prev):\n    tell('value')\n\n\ndef onPulse(par):\n    tell('pulse')\n"
        watch = room.create(td.parameterexecuteDAT, "watch", op="comp", pars="*", custom=True, builtin=False)
        watch.text = room.script("code", text).text
        watch.par.valuechange = watch.par.onpulse = True
        return par


    #: Sets the second parameter at the end of the frame in which it is armed.
    _AT_FRAME_END = """def onFrameEnd(frame):
    if not me.fetch('armed', False, search=False):
        return
    me.store('armed', False)
    op('comp').par.Second = 5
"""


    @question("when onValueChange is called")
    def ask_par_execute(room: Room) -> Steps:
        par = _watched_parameter(room, "Int")
        second = room.par("Int", "Second", par.owner)
        late = room.create(td.executeDAT, "late", _AT_FRAME_END, frameend=True)
        yield from _settled(room)
        begun = room.frame
        par.val = 5
        if room.told("value"):
            return "at_once"
        yield from _awaited(room, "value")
        if not room.told("value"):
            return "never"
        room.details["set by run()"] = "same frame" if room.told("value")[0][0] == begun else "next frame"
        # What is set at the very end of a frame tells its end from the beginning of the next one. Two ways to be there:
        # nobody knows which of them comes before the callbacks.
        room.events.clear()
        begun = room.frame
        late.store("armed", True)
        td.run(lambda: setattr(par, "val", 6), endFrame=True, delayRef=td.op.TDResources)
        yield from _awaited(room, "value", 2)
        room.details["set at the end"] = (par.eval(), second.eval())
        return "frame_end" if any(event[0] == begun for event in room.told("value")) else "next_frame"


    @question("when onPulse is called")
    def ask_pulse(room: Room) -> Steps:
        par = _watched_parameter(room, "Pulse")
        yield from _settled(room)
        par.pulse()
        if room.told("pulse"):
            return "at_once"
        yield from _awaited(room, "pulse")
        return "later" if room.told("pulse") else "never"


    @question("two pulses of one frame")
    def ask_pulses(room: Room) -> Steps:
        par = _watched_parameter(room, "Pulse")
        yield from _settled(room)
        par.pulse()
        par.pulse()
        yield from _awaited(room, "pulse", 2)
        return {2: "each", 1: "merged"}.get(len(room.told("pulse")), len(room.told("pulse")))


    @question("when a built-in pulse such as reinitextensions or clear acts")
    def ask_built_in_pulse(room: Room) -> Steps:
        fifo = room.create(td.fifoDAT, "fifo")
        for number in range(4):
            fifo.appendRow([str(number)])
        comp = room.extended("comp", "class One:\n    def __init__(self, ownerComp):\n        tell('made')\n", "One")
        attempt(lambda: comp.ext.One)
        yield from _settled(room)
        rows = fifo.numRows
        fifo.par.clear.pulse()
        comp.par.reinitextensions.pulse()
        made = len(room.told("made"))
        room.details["clear"] = "at_once" if fifo.numRows < rows else "later"
        yield from _awaited(room, "made")
        return "at_once" if made else "later" if room.told("made") else "on_access"


    _TABLE_CHANGE = """def onTableChange(*args):
    info = args[2] if len(args) > 2 else {}
    known = info.get if isinstance(info, dict) else lambda name: getattr(info, name, None)
    cells = [cell.row for cell in known('cellsChanged') or []]
    tell('MODE', len(args), type(info).__name__, cells)
"""


    def _watch_table(room: Room) -> Any:
        """A table with one DAT Execute of each mode."""
        table = room.create(td.tableDAT, "table")
        table.clear()
        table.appendRows([["name", "value"], ["a", "1"]])
        for mode in ("start", "end"):
            watch = room.create(td.datexecuteDAT, f"watch_{mode}", dat="table", tablechange=True, execute=mode)
            watch.text = room.script(f"code_{mode}", _TABLE_CHANGE.replace("MODE", mode)).text
        return table


    def _table_event(room: Room) -> Steps:
        """Edits a table; whether the callback ran inside the edit, the frame of the edit, and the event."""
        table = _watch_table(room)
        yield from _settled(room)
        begun = room.frame
        table[1, 1] = "2"
        at_once = bool(room.told("end"))
        table.appendRow(["b", "3"])
        at_once = at_once or bool(room.told("end"))
        yield from _awaited(room, "end")
        yield from _awaited(room, "start")
        if not room.told("end"):
            raise Unanswered("onTableChange was not called")
        room.details["events"] = [list(event[1:]) for event in room.events]
        return at_once, begun


    @question("when onTableChange is called")
    def ask_dat_execute(room: Room) -> Steps:
        at_once, begun = yield from _table_event(room)
        if at_once:
            return "at_once"
        return "as_set" if room.told("end")[0][0] == begun else "frame_start"


    @question("default of the parameter `execute` of a DAT Execute")
    def ask_dat_execute_default(room: Room) -> str:
        return str(room.create(td.datexecuteDAT, "fresh").par.execute.eval())


    @question("type of `info`")
    def ask_dat_info(room: Room) -> Steps:
        yield from _table_event(room)
        _, _, count, kind, _ = room.told("end")[-1]
        if count < 3:
            raise Unanswered("onTableChange is called without it")
        return "dict" if kind == "dict" else "object"


    @question("whether cellsChanged holds the cells of added rows")
    def ask_dat_added_cells(room: Room) -> Steps:
        yield from _table_event(room)
        if all(event[2] < 3 for event in room.told("end")):
            raise Unanswered("onTableChange is called without info")
        return "included" if any(2 in event[4] for event in room.told("end")) else "left_out"


    @question("arguments that onTableChange is called with")
    def ask_dat_arguments(room: Room) -> Steps:
        yield from _table_event(room)
        return room.told("end")[-1][2]


    @question("onTableChange with fewer parameters than it is called with", switch=False)
    def ask_dat_fewer_parameters(room: Room) -> Steps:
        table = _watch_table(room)
        room.comp.op("watch_end").text = room.script("code", "def onTableChange(dat):\n    tell('fewer')\n").text
        yield from _settled(room)
        table[1, 1] = "2"
        yield from _awaited(room, "fewer")
        return "adapts" if room.told("fewer") else "error"


    @question("Execute DAT frame callbacks while the timeline is paused")
    def ask_frames_when_paused(room: Room) -> Steps:
        watch = room.create(td.executeDAT, "watch")
        watch.text = room.script("code", "def onFrameStart(frame):\n    tell('frame')\n").text
        watch.par.framestart = True
        yield from _settled(room)
        playing = td.root.time.play
        room.at_last(lambda: setattr(td.root.time, "play", playing))
        td.root.time.play = False
        yield from frames(2)
        room.events.clear()
        yield from frames(5)
        return "run" if len(room.told("frame")) >= 3 else "stop"


    @question("messageBox closed by its window button")
    def ask_closed_dialog(_: Room) -> int:
        if not ASK:
            raise Unanswered("needs you: set ASK = True at the top of this file and run it again")
        text = "Please close this window by the button of its frame (or with Alt+F4), not by one of these."
        return td.ui.messageBox("Self-test of td-gcp", text, buttons=["Not this", "Nor this"])


    # -----------------------------------------------------------------------------------------------------------------
    # The question in which order things come within a frame.
    # -----------------------------------------------------------------------------------------------------------------

    #: The three groups of a frame, as the documentation tells them, in the orders that the stand-in knows: what comes at
    #: its start, in its middle, at its end. Nobody knows the order within a group.
    ORDERS = {
        "listed": (
            ("frame_start", "dat_start", "refresh_hook"),
            ("run", "pulse", "create"),
            ("end_run", "dat_end", "fifo", "init", "frame_end"),
        ),
        "reversed": (
            ("refresh_hook", "dat_start", "frame_start"),
            ("create", "pulse", "run"),
            ("frame_end", "init", "fifo", "dat_end", "end_run"),
        ),
        "rotated": (
            ("refresh_hook", "frame_start", "dat_start"),
            ("pulse", "create", "run"),
            ("dat_end", "fifo", "init", "frame_end", "end_run"),
        ),
    }


    @question("order within each of the three groups of a frame")
    def ask_frame_order(room: Room) -> Steps:
        over = threading.Event()
        room.at_last(over.set)
        _prepare(room)
        if manager() is not None:
            enqueue(wait_for, over, RefreshHook=lambda *_: _tell(room, "refresh_hook"))
        yield from frames(4)
        room.events.clear()
        begun = room.frame
        at_once = _act(room)
        following: list[float] = []
        for _ in range(3):
            yield from frames(1)
            following.append(room.frame)
            _tell(room, "run")
        over.set()
        yield from frames(2)
        seen = _seen(room, begun, following, at_once)
        room.details["frames"] = seen
        return next((name for name, groups in ORDERS.items() if _fits(seen, groups)), "other")


    _INIT = """class One:
    def __init__(self, ownerComp):
        pass

    def onInitTD(self):
        tell('init')
"""


    def _tell(room: Room, what: str) -> None:
        room.events.append((room.frame, what))


    def _prepare(room: Room) -> None:
        """Everything that tells of itself."""

        def told(name: str, signature: str, what: str) -> str:
            return str(room.script(f"code_{what}", f"def {name}({signature}):\n    tell('{what}')\n").text)

        text = told("onFrameStart", "frame", "frame_start") + told("onFrameEnd", "frame", "frame_end")
        room.create(td.executeDAT, "frames", text, framestart=True, frameend=True)
        table = room.create(td.tableDAT, "table")
        table.clear()
        table.appendRow(["a"])
        for mode in ("start", "end"):
            text = told("onTableChange", "*args", f"dat_{mode}")
            room.create(td.datexecuteDAT, f"table_{mode}", text, dat="table", tablechange=True, execute=mode)
        room.create(td.textDAT, "calls", told("onNewRow", "dat, rowIndex, cells", "fifo"), language="python")
        room.create(td.fifoDAT, "fifo", callbacks="calls")
        room.par("Pulse", "Go", room.create(td.baseCOMP, "pulsed"))
        room.create(td.parameterexecuteDAT, "pars", told("onPulse", "par", "pulse"), op="pulsed", pars="*", onpulse=True)
        room.create(td.executeDAT, "created", told("onCreate", "", "create"), create=True)
        room.extended("comp", _INIT, "One")


    def _act(room: Room) -> set[str]:
        """Does everything that calls something back; what was called within is of no use here."""
        _tell(room, "run")
        node = room.comp.op
        td.run(lambda: _tell(room, "end_run"), endFrame=True, delayRef=td.op.TDResources)
        node("table").appendRow(["b"])
        node("fifo").appendRow(["x"])
        node("pulsed").par.Go.pulse()
        room.comp.copy(node("created"), name="copied")
        attempt(lambda: node("comp").ext.One)
        return {event[1] for event in room.events} - {"run"}


    def _seen(room: Room, begun: float, following: list[float], at_once: set[str]) -> list[list[str]]:
        """What came in each frame, in order; without what came elsewhere than its name says."""
        only = {"dat_start": following[0], "dat_end": begun, "fifo": begun}
        seen: dict[float, list[str]] = {frame: [] for frame in (begun, *following)}
        for frame, what in room.events:
            if what not in at_once and frame in seen and only.get(what, frame) == frame:
                seen[frame].append(what)
        return list(seen.values())


    def _fits(seen: list[list[str]], groups: tuple[tuple[str, ...], ...]) -> bool:
        for names in seen:
            for group in groups:
                came = list(dict.fromkeys(name for name in names if name in group))
                if came != [name for name in group if name in came]:
                    return False
        return True


    # -----------------------------------------------------------------------------------------------------------------
    # Finds the components, and makes them if they are not there.
    # -----------------------------------------------------------------------------------------------------------------

    NAMES = ("storage", "firestore")
    INSTALLER = "install"


    def find(dat: Any, name: str) -> Any:
        """The component of that name: by its global shortcut, or beside the self-test; None if there is none."""
        for comp in (getattr(td.op, name, None), dat.parent().op(name)):
            if comp is not None and comp.isCOMP and (comp.op(DESCRIPTION_PATH) or comp.op("ext_" + name)) is not None:
                return comp
        return None


    def provide(dat: Any, results: Results, found: Callable[[str, Any], None]) -> Steps:
        """Finds both components, and installs them with install.py if one is missing.

    Args:
        dat: The self-test.
        results: Told where they are.
        found: Called with each name and component.
    """
        installed = ""
        if any(find(dat, name) is None for name in NAMES):
            installed = _install(dat)
        for name in NAMES:
            comp = yield from until(lambda name=name: find(dat, name), 0.0, 1)  # type: ignore[misc]
            if comp is None:
                why = installed or "no install.py was found beside this self-test or in the project's folder"
                sentence = (
                    f"There is no component {name} in the project, and {why}. Drop it in and run the self-test again."
                )
                results.add("described", name, FAIL, sentence, expected="a component")
                continue
            # Its parts are completed when it starts, within a few frames.
            yield from until(lambda comp=comp: _is_complete(comp), 2.0, 10)  # type: ignore[misc]
            how = f"made by {installed}" if installed else "found"
            results.add("described", name, PASS, f"The component {name} was {how}.", found=comp.path)
            found(name, comp)


    def _is_complete(comp: Any) -> bool:
        dat = comp.op(DESCRIPTION_PATH)
        return dat is not None and bool(dat.fetch("assembled", "", search=False))


    def _install(dat: Any) -> str:
        """Runs the installer; the name of its file, or why it could not be."""
        beside = dat.parent().op(INSTALLER)
        if beside is not None and beside.isDAT and "def install(" in beside.text:
            error = attempt(beside.run)
            return beside.path if error is None else f"{beside.path} failed: {error}"
        path = file_around(dat, "install.py")
        if path is None:
            return ""
        script = dat.parent().create(td.textDAT, INSTALLER)
        script.text = path.read_text(encoding="utf-8")
        script.par.language = "python"
        script.nodeX, script.nodeY = dat.nodeX, dat.nodeY - 150
        error = attempt(script.run)
        return path.name if error is None else f"{path.name} failed: {error}"


    def file_around(dat: Any, name: str) -> Path | None:
        """A file that came with the self-test: beside it, in the project's folder, or in `tox` there."""
        project = Path(td.project.folder)
        own = str(dat.par.file.eval() or "")
        folders = [*([(project / own).parent] if own else []), project, project / "tox"]
        return next((folder / name for folder in folders if (folder / name).is_file()), None)


    def release_of(name: str) -> dict[str, Any]:
        """What this self-test was built with; empty for another component."""
        return RELEASE.get(name, {})


    def promoted_methods(comp: Any) -> list[str]:
        """The names of the methods that the component's first extension promotes."""
        extensions = comp.extensions
        first = extensions[0] if extensions else None
        if first is None:
            return []
        return sorted(
            name
            for name in dir(type(first))
            if name[:1].isupper()
            and callable(getattr(type(first), name))
            and name == name.replace("_", "")
            and not name.isupper()
        )


    # -----------------------------------------------------------------------------------------------------------------
    # Part one: whether each component came out as its description says.
    # -----------------------------------------------------------------------------------------------------------------

    DESCRIBED = "described"
    TEMPLATE = "callbacks_template"

    #: Tables that the component fills while it runs: only their heading is described.
    _HEADING = ".rows"


    def described_jobs(results: Results, name: str, comp: Any) -> Iterator[Job]:
        """The jobs for one component."""
        for title, check in (
            ("texts", _texts),
            ("parts", _parts),
            ("extensions", _reachable),
            ("callbacks", _template),
            ("errors", _errors),
        ):
            yield Job(DESCRIBED, f"{name}: {title}", functools.partial(check, results, name, comp))


    def _texts(results: Results, name: str, comp: Any) -> Iterator[None]:
        """Every text is the one of the release that the self-test belongs to."""
        release = release_of(name)
        if not release:
            results.add(
                DESCRIBED, f"{name}: texts", FAIL, f"This self-test was built without the component {name}; build it."
            )
            return
        description = description_of(comp) or {}
        version = description.get("version", "none")
        if version != release["version"]:
            sentence = f"{name} is version {version}, this self-test is of {release['version']}; use two of one release."
            results.add(DESCRIBED, f"{name}: version", FAIL, sentence, expected=release["version"], found=version)
            return
        wrong = []
        for path, wanted in release["texts"].items():
            dat = comp.op(path)
            if dat is not None and fingerprint(dat.text) != wanted:
                wrong.append(path)
                what = "description" if path == DESCRIPTION_PATH else f"text of {path}"
                sentence = f"The {what} in {name} is not that of version {version}; put a fresh copy of the component in."
                results.add(DESCRIBED, f"{name}: {path}", FAIL, sentence, expected=wanted, found=fingerprint(dat.text))
            yield
        if not wrong:
            count = len(release["texts"])
            results.add(DESCRIBED, f"{name}: texts", PASS, f"All {count} texts of {name} are those of version {version}.")


    def fingerprint(text: str) -> str:
        """A short name of a text; line ends and the end of the text do not matter."""
        return hashlib.sha256(text.replace("\r\n", "\n").rstrip("\n").encode()).hexdigest()[:16]


    def _parts(results: Results, name: str, comp: Any) -> Iterator[None]:
        """Every operator, annotation and parameter, a row each; and a row for each point that differs."""
        description = description_of(comp)
        if description is None:
            sentence = f"{DESCRIPTION_PATH} in {name} is missing or cannot be read; put a fresh copy of the component in."
            results.add(DESCRIBED, f"{name}: description", FAIL, sentence)
            return
        fresh = (("the node", functools.partial(looks, comp, description)),)
        for thing, part in itertools.chain(parts(comp, description), fresh):
            found: list[Point] = []
            error = attempt(lambda found=found, part=part: found.extend(map(_of_running, part())))  # type: ignore[misc]
            wrong = [point for point in found if not point.holds]
            for point in wrong:
                sentence = f"{name}: {point.sentence}"
                results.add(DESCRIBED, f"{name}: {point.what}", FAIL, sentence, expected=point.wanted, found=point.found)
            if error is not None:
                sentence = f"{name}: {thing} could not be compared: {describe_error(error)}."
                results.add(DESCRIBED, f"{name}: {thing}", FAIL, sentence)
            elif not wrong:
                sentence = f"{name}: {thing} is as described in {len(found)} points."
                results.add(DESCRIBED, f"{name}: {thing}", PASS, sentence)
            yield


    def _of_running(point: Point) -> Point:
        if point.what.endswith(_HEADING):
            return Point(point.what, point.found[:1], point.wanted[:1])
        return point


    def _reachable(results: Results, name: str, comp: Any) -> Iterator[None]:
        """The extensions exist, each is found by its name, and the methods of the first one are the component's own."""
        description = description_of(comp) or {"extensions": []}
        wanted = [one["name"] for one in description["extensions"]]
        found = [type(one).__name__ for one in comp.extensions]
        if found[: len(wanted)] != wanted:
            sentence = f"{name} has the extensions {found}, not {wanted}; the textport says why one could not be made."
            results.add(DESCRIBED, f"{name}: extensions", FAIL, sentence, expected=wanted, found=found)
        for one in wanted:
            error = attempt(lambda one=one: getattr(comp.ext, one))  # type: ignore[misc]
            if error is not None:
                sentence = f"The extension {one} of {name} is not reached by {name}.ext.{one}: {describe_error(error)}."
                results.add(DESCRIBED, f"{name}: ext.{one}", FAIL, sentence)
        methods = promoted_methods(comp)
        missing = [method for method in methods if not callable(getattr(comp, method, None))]
        if missing or not methods:
            sentence = f"{name} does not promote {', '.join(missing) or 'any method'}: its first extension is not promoted."
            results.add(DESCRIBED, f"{name}: promoted", FAIL, sentence, expected=methods, found=[])
        else:
            results.add(DESCRIBED, f"{name}: promoted", PASS, f"{name} promotes its {len(methods)} methods.", found=methods)
        yield


    def stubs_of(comp: Any) -> dict[str, int]:
        """The callbacks that a component knows: how many arguments each takes, by name."""
        dat = comp.op(TEMPLATE)
        tree = ast.parse(dat.text if dat is not None else "")
        return {node.name: len(node.args.args) for node in tree.body if isinstance(node, ast.FunctionDef)}


    def _template(results: Results, name: str, comp: Any) -> Iterator[None]:
        """The template of the callbacks can be run and has a text for each of them."""
        try:
            stubs = stubs_of(comp)
            tree = ast.parse(comp.op(TEMPLATE).text)
            silent = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not ast.get_docstring(node)]
        except (AttributeError, SyntaxError) as error:
            results.add(
                DESCRIBED, f"{name}: callbacks", FAIL, f"{TEMPLATE} of {name} cannot be read: {describe_error(error)}."
            )
            return
        if silent or not stubs:
            sentence = f"{TEMPLATE} of {name} does not explain {', '.join(silent) or 'any callback'}."
            results.add(DESCRIBED, f"{name}: callbacks", FAIL, sentence)
        else:
            results.add(
                DESCRIBED, f"{name}: callbacks", PASS, f"{name} explains its {len(stubs)} callbacks.", found=list(stubs)
            )
        yield


    def _errors(results: Results, name: str, comp: Any) -> Iterator[None]:
        """No error on any node."""
        errors = comp.errors(recurse=True)
        if errors:
            results.add(DESCRIBED, f"{name}: errors", FAIL, f"{name} shows errors: {errors}", found=errors)
        else:
            results.add(DESCRIBED, f"{name}: errors", PASS, f"{name} shows no error on any operator.")
        yield


    # -----------------------------------------------------------------------------------------------------------------
    # Part two: every promoted method is used, against the emulators where it needs a server.
    # -----------------------------------------------------------------------------------------------------------------

    WORKS = "works"

    #: How long a server may take. Connecting may mean that the packages are installed first.
    CONNECT_S = 300.0
    ANSWER_S = 20.0

    #: Names of the callbacks DAT and of the list in which its functions note their calls.
    CALLBACKS = "selftest_callbacks"
    CALLS = "tdg_selftest_calls"

    NEEDS_SERVER = "needs a server: start `python3 tools/dev.py emulators` and put the address into Emulator Host"


    class Wrong(Exception):  # noqa: N818 - a result
        """Something is not as it should be; the text says what."""


    class NotTried(Exception):  # noqa: N818 - a result
        """Something could not be tried; the text says why."""


    @dataclass(frozen=True)
    class Exercise:
        """How a method is tried.

    Attributes:
        component, method: Which one.
        expected: What should come of it.
        use: Does it; raises `Wrong` or `NotTried`, gives what was found. A generator if it needs several frames.
        server: Whether it needs one.
    """

        component: str
        method: str
        expected: str
        use: Callable[["Stage"], Any]
        server: bool = True


    EXERCISES: list[Exercise] = []


    def exercise(component: str, method: str, expected: str, *, server: bool = True) -> Callable[[Any], Any]:
        """Registers a function as the one that tries a method. They are done in the order in which they are registered."""

        def register(use: Callable[["Stage"], Any]) -> Callable[["Stage"], Any]:
            EXERCISES.append(Exercise(component, method, expected, use, server))
            return use

        return register


    class Stage:
        """One component during its trial.

    Attributes:
        comp: The component.
        tag: A name that nothing else in the bucket or database has.
        folder: Scratch files.
        calls: What its callbacks were called with: name and arguments.
        untried: Methods for which there was no server.
    """

        def __init__(self, comp: Any, name: str, host: str, results: Results) -> None:
            self.comp = comp
            self.name = name
            self.host = host
            self.results = results
            self.tag = f"selftest{int(time.time())}"
            self.folder = Path(td.app.tempFolder) / f"tdg-{self.tag}-{name}"
            self.calls: list[tuple[Any, ...]] = []
            self.connected = False
            self.untried: list[str] = []
            self._saved: dict[str, tuple[Any, ...]] = {}
            self._since: dict[str, int] = {}
            self._callbacks: Any = None

        # Parameters ------------------------------------------------------------------------------------------------------

        def set(self, **values: Any) -> None:
            """Sets parameters; what they held is kept for `restore`."""
            for name, value in values.items():
                par = self.comp.par[name]
                if par is None:
                    continue
                self._saved.setdefault(name, (par.mode, par.val, par.expr, par.bindExpr))
                par.val = value

        def restore(self) -> None:
            """Gives every parameter its former value and mode."""
            for name, (mode, val, expr, bind) in self._saved.items():
                par = self.comp.par[name]
                par.val = val
                if expr:
                    par.expr = expr
                if bind:
                    par.bindExpr = bind
                if par.mode != mode:
                    par.mode = mode
            self._saved.clear()

        def leave(self) -> None:
            """Takes the scratch things of the trial away."""
            if self._callbacks is not None and self._callbacks.valid:
                remove(self._callbacks)
            shutil.rmtree(self.folder, ignore_errors=True)

        def listen(self) -> None:
            """Makes a callbacks DAT that notes every call."""
            slot = f"{CALLS}_{self.name}"
            setattr(sys, slot, self.calls)
            notes = (f"def {name}(*args):\n    sys.{slot}.append(({name!r}, *args))\n" for name in stubs_of(self.comp))
            network = self.comp.parent()
            self._callbacks = network.create(td.textDAT, f"{CALLBACKS}_{self.name}")
            self._callbacks.par.language = "python"
            self._callbacks.text = "\n\n".join(["import sys\n", *notes])
            self.set(Callbacksdat=self._callbacks.name)

        # What was found --------------------------------------------------------------------------------------------------

        def status(self, column: str) -> str:
            """A cell of the value row of `status`."""
            return str(self.comp.op("status")[1, column].val)

        def called(self, name: str, *first: Any) -> tuple[Any, ...] | None:
            """The arguments of the last call of a callback whose first arguments are these."""
            calls = self.calls[self._since.get(name, 0) :]
            wanted = (name, *first)
            return next((call[1:] for call in reversed(calls) if call[: len(wanted)] == wanted), None)

        def forget(self, name: str) -> None:
            """Only later calls of that callback count from now on."""
            self._since[name] = len(self.calls)

        def heard(self, name: str, *first: Any, limit_s: float = ANSWER_S) -> Steps:
            """Waits for a callback; its arguments."""
            call = yield from until(lambda: self.called(name, *first), limit_s, 10)
            if call is None:
                raise Wrong(f"{name}({', '.join(map(repr, first))}, ...) was not called within {limit_s:g} s")
            return call

        def state(self, wanted: str, limit_s: float = ANSWER_S) -> Steps:
            """Waits for a connection state."""
            yield from until(lambda: self.status("state") == wanted, limit_s, 10)
            if self.status("state") != wanted:
                error = self.status("last_error")
                raise Wrong(
                    f"the state is {self.status('state')}, not {wanted}, after {limit_s:g} s{error and ': ' + error}"
                )

        def rows(self, table: str) -> list[dict[str, str]]:
            """A table inside the component, as dicts."""
            dat = self.comp.op(table)
            if dat is None or not dat.numRows:
                return []
            head = [dat[0, column].val for column in range(dat.numCols)]
            return [{name: dat[row, column].val for column, name in enumerate(head)} for row in range(1, dat.numRows)]


    def wrong_unless(holds: Any, sentence: str) -> None:
        """Raises `Wrong` with that sentence if something does not hold."""
        if not holds:
            raise Wrong(sentence)


    def works_jobs(
        results: Results, stage: Stage, prepare: Callable[[Stage], None], clean: Callable[[Stage], Any]
    ) -> Iterator[Job]:
        """The jobs for one component: every exercise, callbacks, restore.

    Args:
        results: Gets the rows.
        stage: The component's.
        prepare: Sets its parameters for the trial.
        clean: Takes away what the trial left on the server.
    """
        name = stage.name
        exercises = [one for one in EXERCISES if one.component == name]
        connect = Job(WORKS, f"{name}: Connect", functools.partial(_connect, results, stage, prepare), CONNECT_S + 10)
        jobs = [
            Job(WORKS, f"{name}: {one.method}", functools.partial(_use, results, stage, one), 4 * ANSWER_S)
            for one in sorted(exercises, key=lambda one: one.server)
        ]
        offline = sum(not one.server for one in exercises)
        yield from (*jobs[:offline], connect, *jobs[offline:])
        yield Job(WORKS, f"{name}: other methods", functools.partial(_tell_others, results, stage))
        yield Job(WORKS, f"{name}: callbacks", functools.partial(_judge_callbacks, results, stage))
        tidy = Exercise(name, "cleaning up", "nothing of the trial is left on the server", clean)
        yield Job(WORKS, f"{name}: cleaning up", functools.partial(_use, results, stage, tidy), 4 * ANSWER_S)
        yield Job(WORKS, f"{name}: restore", functools.partial(_restore, results, stage), 2 * ANSWER_S)


    def _busy(stage: Stage) -> str:
        """Why the component had better not be led to another server."""
        for table, what in (("write_queue_dat", "queued writes"), ("transfers", "transfers that have not ended")):
            waiting = [row for row in stage.rows(table) if row.get("status", "pending") in ("pending", "active")]
            if waiting:
                return f"{len(waiting)} {what}"
        return ""


    def _connect(results: Results, stage: Stage, prepare: Callable[[Stage], None]) -> Steps:
        area, name = WORKS, f"{stage.name}: Connect"
        if not stage.host:
            results.add(area, name, SKIPPED, f"{stage.name}.Connect: {NEEDS_SERVER}.")
            return
        busy = _busy(stage)
        if busy:
            sentence = (
                f"{stage.name} has {busy}, which the emulator would take; use a project of its own for the self-test."
            )
            results.add(area, name, SKIPPED, sentence)
            return
        stage.folder.mkdir(parents=True, exist_ok=True)
        stage.listen()
        prepare(stage)
        stage.comp.Connect()
        try:
            yield from stage.state("connected", CONNECT_S)
            yield from stage.heard("onConnectionStateChange", "connected")
        except Wrong as why:
            results.add(area, name, FAIL, f"{stage.name}.Connect with {stage.host}: {why}.", expected="connected")
            return
        stage.connected = True
        results.add(area, name, PASS, f"{stage.name} connected to {stage.host}.", expected="connected", found="connected")


    #: What the components are built on, as modules and as distributions.
    PACKAGES = {
        "google.cloud.storage": "google-cloud-storage",
        "google.cloud.firestore": "google-cloud-firestore",
        "firebase_admin": "firebase-admin",
        "grpc": "grpcio",
        "google.protobuf": "protobuf",
        "cryptography": "cryptography",
        "requests": "requests",
        "urllib3": "urllib3",
        "certifi": "certifi",
    }


    def tell_packages(results: Results) -> None:
        """Which packages are loaded, and whether they are the project's own or TouchDesigner's."""
        found = {}
        for module, distribution in PACKAGES.items():
            file = str(getattr(sys.modules.get(module), "__file__", None) or "").replace("\\", "/")
            if not file:
                continue
            project, program = td.project.folder.replace("\\", "/"), td.app.installFolder.replace("\\", "/")
            own = file.startswith(f"{project}/")
            place = "the project" if own else "TouchDesigner" if file.startswith(f"{program}/") else "elsewhere"
            version = "unknown"
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                version = importlib.metadata.version(distribution)
            found[distribution] = f"{version} of {place}"
        if not found:
            return
        results.details["packages"] = found
        results.add(WORKS, "packages", MEASURED, f"Packages that are loaded: {shown(found)}.", found=found)


    def _use(results: Results, stage: Stage, one: Exercise) -> Steps:
        name = f"{stage.name}: {one.method}"
        what = f"{stage.name}.{one.method}"
        if one.method.isidentifier() and not callable(getattr(stage.comp, one.method, None)):
            results.add(
                WORKS, name, FAIL, f"{what} is not there: the component does not promote it.", expected=one.expected
            )
            return
        if one.server and not stage.connected:
            stage.untried.append(one.method)
            return
        try:
            found = one.use(stage)
            if inspect.isgenerator(found):
                found = yield from found
        except NotTried as why:
            results.add(WORKS, name, SKIPPED, f"{what}: {why}.", expected=one.expected)
        except Wrong as why:
            results.add(WORKS, name, FAIL, f"{what}: {why}.", expected=one.expected, found=str(why))
        except Exception as error:
            raised = f"{type(error).__name__}: {error}"
            results.add(WORKS, name, FAIL, f"{what} raised {raised}.", expected=one.expected, found=raised)
        else:
            results.add(WORKS, name, PASS, f"{what}: {one.expected}.", expected=one.expected, found=found)


    def _tell_others(results: Results, stage: Stage) -> None:
        """Methods that nobody tries."""
        known = {one.method for one in EXERCISES if one.component == stage.name} | {"Connect"}
        for method in promoted_methods(stage.comp):
            if method not in known:
                sentence = f"{stage.name}.{method}: this self-test does not know how to try it."
                results.add(WORKS, f"{stage.name}: {method}", SKIPPED, sentence)


    def _judge_callbacks(results: Results, stage: Stage) -> None:
        """Whether each callback came, with as many arguments as its stub has."""
        if stage.untried:
            why = "there was no connection" if stage.host else NEEDS_SERVER
            sentence = f"{len(stage.untried)} methods of {stage.name} were not tried: {why}."
            results.add(WORKS, f"{stage.name}: methods", SKIPPED, sentence, found=stage.untried)
        if not stage.connected:
            return
        for callback, count in stubs_of(stage.comp).items():
            counts = sorted({len(call) - 1 for call in stage.calls if call[0] == callback})
            name = f"{stage.name}: {callback}"
            if not counts:
                results.add(WORKS, name, SKIPPED, f"{callback} of {stage.name} was not called in this trial.")
            elif counts != [count]:
                sentence = f"{callback} of {stage.name} was called with {counts} arguments, its stub takes {count}."
                results.add(WORKS, name, FAIL, sentence, expected=count, found=counts)
            else:
                results.add(WORKS, name, PASS, f"{callback} of {stage.name} was called as its stub says.", found=count)


    def _restore(results: Results, stage: Stage) -> Steps:
        """The user's parameters, and whether nothing went wrong on the way that nobody looked at."""
        if not stage.host:
            return
        if stage.connected:
            attempt(stage.comp.Disconnect)
            yield from until(lambda: stage.status("state") == "disconnected", 2.0, 10)
        stage.restore()
        yield from frames(5)  # the files of the trial are closed by then
        stage.leave()
        errors = stage.comp.errors(recurse=True)
        name = f"{stage.name}: errors afterwards"
        if errors:
            results.add(WORKS, name, FAIL, f"{stage.name} shows errors after its trial: {errors}", found=errors)
        else:
            results.add(WORKS, name, PASS, f"{stage.name} shows no error after its trial, its parameters are as before.")


    def ask_first() -> None:
        """For what opens a dialog."""
        if not ASK:
            raise NotTried("needs you at the keyboard: set ASK = True at the top of this file and run it again")


    # What both components have ------------------------------------------------------------------------------------------


    def use_status(stage: Stage) -> str:
        """GetStatus is the row of the table."""
        given = stage.comp.GetStatus()
        row = stage.rows("status")
        wrong_unless(row and given.keys() == row[0].keys(), f"it has the keys {sorted(given)}, the table {sorted(row[0])}")
        differing = [key for key in given if given[key] != row[0][key]]
        wrong_unless(not differing, f"{', '.join(differing)} differ from the table status")
        return shown(given["state"])


    def use_logs(stage: Stage) -> str:
        """GetLogs gives entries of the documented form."""
        entries = stage.comp.GetLogs()
        keys = {"id", "timestamp", "frame", "level", "message"}
        wrong_unless(isinstance(entries, list), f"it gives {type(entries).__name__}, not a list")
        wrong_unless(all(set(entry) >= keys for entry in entries), f"an entry lacks one of {sorted(keys)}")
        errors = stage.comp.GetLogs("ERROR", 5)
        wrong_unless(len(errors) <= 5 and all(entry["level"] == "ERROR" for entry in errors), "level or limit do not count")
        return f"{len(entries)} entries"


    def use_callbacks_dat(stage: Stage) -> str:
        """CreateCallbacksDat makes a DAT of the template, points to it, and leaves one that is there alone."""
        comp, network = stage.comp, stage.comp.parent()
        par = comp.par.Callbacksdat
        if par.evalOPs():
            raise NotTried("Callbacks DAT is set, and stays as it is")
        names = {node.name for node in network.children}
        comp.CreateCallbacksDat()
        made = par.evalOPs()
        wrong_unless(made, "Callbacks DAT is not set afterwards")
        name, text, template = made[0].name, made[0].text, comp.op("callbacks_template").text
        comp.CreateCallbacksDat()
        again = [node.path for node in par.evalOPs()]
        par.val = ""
        wrong_unless(again == [made[0].path], "the second call did not leave the DAT of the first alone")
        if name not in names:
            remove(made[0])
            wrong_unless(text == template, f"{name} does not hold the template")
        return str(name)


    def use_disconnect(stage: Stage) -> Steps:
        """Disconnect ends the connection, which is told."""
        stage.comp.Disconnect()
        yield from stage.state("disconnected")
        yield from stage.heard("onConnectionStateChange", "disconnected")
        return "disconnected"


    def use_process(stage: Stage, use: Callable[[], Steps]) -> Steps:
        """The engine moves into a process of its own, works there, and comes back.

    Args:
        stage: The component's.
        use: Something that needs the server.
    """
        if stage.comp.par["Engine"] is None:
            raise NotTried("this version has no parameter Engine")
        former = stage.comp.par.Engine.eval()
        try:
            stage.set(Engine="process")
            yield from frames(5)
            yield from stage.state("connected", CONNECT_S)
            yield from use()
            told = [entry["message"] for entry in stage.comp.GetLogs("ERROR", 20)]
            wrong_unless(not any("process of its own" in line for line in told), told[-1] if told else "")
        finally:
            stage.set(Engine=former)
        yield from frames(5)
        yield from stage.state("connected", CONNECT_S)
        return "works there"


    def use_reset(stage: Stage) -> Steps:
        """Reset asks, empties, and one can connect afterwards."""
        ask_first()
        stage.comp.Reset()
        yield from stage.state("disconnected")
        stage.comp.Connect()
        yield from stage.state("connected")
        return "connected again"


    for _name in ("storage", "firestore"):
        EXERCISES.append(Exercise(_name, "GetStatus", "it is the row of the table status", use_status, server=False))
        EXERCISES.append(Exercise(_name, "GetLogs", "entries with id, timestamp, frame, level, message", use_logs, False))
        EXERCISES.append(Exercise(_name, "CreateCallbacksDat", "a DAT with the template, once", use_callbacks_dat, False))


    # -----------------------------------------------------------------------------------------------------------------
    # How the methods of the storage component are tried.
    # -----------------------------------------------------------------------------------------------------------------

    #: The bucket that `dev.py emulators` makes.
    DEMO_BUCKET = "demo"


    def prepare_storage(stage: Stage) -> None:
        """A folder on this machine and one in the bucket for the trial."""
        comp = stage.comp
        # A bucket of the cloud is none of an emulator.
        own = comp.par.Bucket.eval() if comp.par.Emulatorhost.eval() else ""
        (stage.folder / "files").mkdir(parents=True, exist_ok=True)
        stage.set(
            Emulatorhost=stage.host,
            Bucket=BUCKET or own or DEMO_BUCKET,
            Localpath=(stage.folder / "files").as_posix(),
            Remotepath=f"{stage.tag}/",
            Autoconnect=False,
            Makepublic=False,
            Deleteremoteorphans=False,
            Deletelocalorphans=False,
            Watchfolder=False,
        )


    def _file(stage: Stage, name: str, content: bytes) -> Path:
        path = stage.folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


    def _row(stage: Stage, key: str) -> dict[str, str]:
        return next((row for row in stage.rows("transfers") if row["transfer_id"] == key), {})


    def _accepted(stage: Stage, key: Any) -> str:
        wrong_unless(isinstance(key, str) and key, f"it gave {key!r} instead of a transfer id")
        wrong_unless(_row(stage, key), "the table transfers has no row of it when the method returns")
        return str(key)


    def _ended(stage: Stage, key: Any, status: str = "complete") -> Steps:
        """Waits for the end of a transfer; its row."""
        key = _accepted(stage, key)
        over = ("complete", "failed", "cancelled")
        yield from until(lambda: _row(stage, key).get("status") in over, ANSWER_S, 10)
        row = _row(stage, key)
        wrong_unless(
            row["status"] == status, f"the transfer is {row['status']}, not {status}: {row['error'] or 'no error'}"
        )
        return row


    def _uploaded(stage: Stage, key: Any, name: str) -> Steps:
        row = yield from _ended(stage, key)
        remote = f"{stage.tag}/{name}"
        wrong_unless(row["remote_path"] == remote, f"remote_path is {row['remote_path']}, not {remote}")
        call = yield from stage.heard("onTransferComplete", key, "upload")
        wrong_unless(call[4] is True and call[5] == "", f"onTransferComplete was called with {shown(call)}")
        return row["remote_path"]


    @exercise("storage", "Upload", "the file is in the bucket, its row complete, onTransferComplete told it")
    def use_upload(stage: Stage) -> Steps:
        _file(stage, "one.txt", b"content of the self-test")
        return (yield from _uploaded(stage, stage.comp.Upload("one.txt"), "one.txt"))


    @exercise("storage", "UploadBytes", "the data is in the bucket")
    def use_upload_bytes(stage: Stage) -> Steps:
        key = stage.comp.UploadBytes(os.urandom(12 << 20), "sub/two.bin", "application/x-selftest", metadata={"of": "it"})
        return (yield from _uploaded(stage, key, "sub/two.bin"))


    @exercise("storage", "UploadText", "the text is in the bucket")
    def use_upload_text(stage: Stage) -> Steps:
        return (yield from _uploaded(stage, stage.comp.UploadText("gr\u00fc\u00df dich", "three.txt"), "three.txt"))


    @exercise("storage", "Download", "the file has arrived whole, in another place")
    def use_download(stage: Stage) -> Steps:
        for remote, content in (("one.txt", b"content of the self-test"), ("three.txt", "gr\u00fc\u00df dich".encode())):
            target = stage.folder / "files" / "again" / remote
            yield from _ended(stage, stage.comp.Download(remote, f"again/{remote}"))
            wrong_unless(target.is_file(), f"{target.name} is not where it should be")
            wrong_unless(target.read_bytes() == content, f"{target.name} holds something else than was uploaded")
        return "two files"


    @exercise("storage", "ListFiles", "onListComplete names the files, GetTransfer keeps them")
    def use_list(stage: Stage) -> Steps:
        key = stage.comp.ListFiles("", "")
        yield from _ended(stage, key)
        call = yield from stage.heard("onListComplete", key)
        wrong_unless(call[3] is True, f"onListComplete told the error {call[4]}")
        names = sorted(file["name"].rpartition(f"{stage.tag}/")[2] for file in call[2])
        wrong_unless({"one.txt", "sub/two.bin", "three.txt"} <= set(names), f"it lists {names}")
        wrong_unless(len(stage.comp.GetTransfer(key)["files"]) == len(names), "GetTransfer has not the same files")
        return names


    @exercise("storage", "GetMetadata", "onMetadata tells size, content type and own keys")
    def use_metadata(stage: Stage) -> Steps:
        key = stage.comp.GetMetadata("sub/two.bin")
        yield from _ended(stage, key)
        call = yield from stage.heard("onMetadata", key)
        given = {name: call[2].get(name) for name in ("size", "content_type", "metadata")}
        wanted = {"size": 12 << 20, "content_type": "application/x-selftest", "metadata": {"of": "it"}}
        wrong_unless(given == wanted, f"it tells {given}, not {wanted}")
        return given


    @exercise("storage", "GetTransfer", "the row of a transfer and what it found out; None for an unknown id")
    def use_transfer(stage: Stage) -> str:
        key = next(row["transfer_id"] for row in stage.rows("transfers") if row["type"] == "metadata")
        given = stage.comp.GetTransfer(key)
        wrong_unless(given and given["status"] == "complete", f"it gives {shown(given)}")
        wrong_unless("metadata" in given, "it does not keep what GetMetadata fetched")
        wrong_unless(stage.comp.GetTransfer("no such id") is None, "it knows an id that does not exist")
        return "complete"


    @exercise("storage", "GetPublicUrl", "the address of the file, at once")
    def use_public_url(stage: Stage) -> str:
        url = stage.comp.GetPublicUrl("one.txt")
        wrong_unless(url.endswith(f"/{stage.tag}/one.txt"), f"it gives {url!r}")
        return "an address"


    @exercise("storage", "GetSignedUrl", "an address, or the sentence that an emulator without a key cannot sign")
    def use_signed_url(stage: Stage) -> Steps:
        key = _accepted(stage, stage.comp.GetSignedUrl("one.txt", 5))
        yield from until(lambda: _row(stage, key)["status"] in ("complete", "failed"), ANSWER_S, 10)
        row = _row(stage, key)
        call = yield from stage.heard("onTransferComplete", key, "signed_url")
        if row["status"] == "complete":
            wrong_unless("one.txt" in call[3] and "Signature" in call[3], "what arrives as local_path is no signed address")
            return "an address"
        wrong_unless("cannot sign" in row["error"] and call[4] is False, f"it failed with: {row['error']}")
        return "cannot sign without a key"


    def _synced(stage: Stage, key: Any) -> Steps:
        row = yield from _ended(stage, key)
        call = yield from stage.heard("onSyncComplete", key)
        wrong_unless(call[6] is True and not call[5], f"onSyncComplete told {shown(call[5:])}")
        return row, call


    @exercise("storage", "PlanSync", "onSyncPlan tells what a sync would do, and nothing is touched")
    def use_plan(stage: Stage) -> Steps:
        _file(stage, "sync/new.txt", b"new here")
        key = stage.comp.PlanSync("upload")
        yield from _ended(stage, key)
        call = yield from stage.heard("onSyncPlan", key)
        plan = call[1]
        wrong_unless(plan["success"] is True, f"onSyncPlan told the error {plan['error']}")
        wrong_unless("sync/new.txt" in str(plan["upload"]), f"the plan does not hold the new file: {shown(plan)}")
        return "a plan"


    @exercise("storage", "SyncFolder", "new files of both sides are on both, and a second sync moves nothing")
    def use_sync(stage: Stage) -> Steps:
        _file(stage, "sync/new.txt", b"new here")
        _, call = yield from _synced(stage, stage.comp.SyncFolder("both"))
        wrong_unless("sync/new.txt" in call[2], f"it uploaded {call[2]}")
        wrong_unless((stage.folder / "files" / "sub" / "two.bin").is_file(), f"it downloaded {call[3]}")
        _, again = yield from _synced(stage, stage.comp.SyncFolder("both"))
        wrong_unless(not again[2] and not again[3], f"a second sync moved {again[2]} and {again[3]}")
        return {"uploaded": call[2], "downloaded": call[3]}


    @exercise("storage", "engine in a process", "it works in a process of its own, and again in threads")
    def use_storage_process(stage: Stage) -> Steps:
        def upload() -> Steps:
            yield from _ended(stage, stage.comp.UploadText("from a process", "four.txt"))

        return (yield from use_process(stage, upload))


    @exercise("storage", "Delete", "the file is gone from the bucket")
    def use_delete(stage: Stage) -> Steps:
        yield from _ended(stage, stage.comp.Delete("one.txt"))
        listing = stage.comp.ListFiles("one", "")
        yield from _ended(stage, listing)
        call = yield from stage.heard("onListComplete", listing)
        wrong_unless(call[2] == [], "it is still listed")
        return "gone"


    @exercise("storage", "Disconnect", "the state is disconnected, and told")
    def use_storage_disconnect(stage: Stage) -> Steps:
        return (yield from use_disconnect(stage))


    def _cancelled(stage: Stage, key: str) -> Steps:
        yield from _ended(stage, key, "cancelled")
        call = yield from stage.heard("onTransferComplete", key)
        wrong_unless(call[4] is False and call[5], f"onTransferComplete told {shown(call[4:])}")


    @exercise("storage", "CancelTransfer", "what waits is cancelled and told; what is not known is False")
    def use_cancel(stage: Stage) -> Steps:
        key = _accepted(stage, stage.comp.Upload("one.txt", "waits.txt"))
        yield from frames(2)
        wrong_unless(stage.comp.CancelTransfer(key) is True, "it does not know a transfer that waits")
        yield from _cancelled(stage, key)
        wrong_unless(stage.comp.CancelTransfer("no such id") is False, "it cancels what does not exist")
        return "cancelled"


    @exercise("storage", "CancelTransfers", "everything that waits is cancelled and told")
    def use_cancel_all(stage: Stage) -> Steps:
        keys = [_accepted(stage, stage.comp.Upload("one.txt", f"waits{number}.txt")) for number in range(2)]
        yield from frames(2)
        stage.comp.CancelTransfers()
        for key in keys:
            yield from _cancelled(stage, key)
        return "two cancelled"


    @exercise("storage", "Reset", "it asks, empties the table, and one can connect afterwards")
    def use_storage_reset(stage: Stage) -> Steps:
        found = yield from use_reset(stage)
        wrong_unless(not stage.rows("transfers"), "the table transfers is not empty")
        return found


    def clean_storage(stage: Stage) -> Steps:
        """Takes what the trial left in the bucket away."""
        if not stage.connected:
            raise NotTried("there was no connection")
        stage.comp.Connect()
        yield from stage.state("connected")
        listing = stage.comp.ListFiles("", "")
        yield from _ended(stage, listing)
        names = [file["name"] for file in stage.comp.GetTransfer(listing)["files"]]
        keys = [stage.comp.Delete(f"/{name}") for name in names]
        for key in keys:
            yield from _ended(stage, key)
        return f"{len(names)} files"


    # -----------------------------------------------------------------------------------------------------------------
    # How the methods of the firestore component are tried.
    # -----------------------------------------------------------------------------------------------------------------

    def prepare_firestore(stage: Stage) -> None:
        """A collection and a cache of its own for the trial."""
        (stage.folder / "cache").mkdir(parents=True, exist_ok=True)
        stage.set(
            Emulatorhost=stage.host,
            Databaseid="(default)",
            Collections=stage.tag,
            Cachepath=(stage.folder / "cache").as_posix(),
            Autoconnect=False,
            Enablecache=True,
            Enablelistener=True,
            Enablewriteback=True,
            Filterdocs="",
            Filterfields="",
            Expandfields="",
        )


    def _table_of(stage: Stage, name: str) -> Any:
        index = {row["collection"]: row["table"] for row in stage.rows("collection_index")}
        return stage.comp.op(f"collections/{index[name]}") if name in index else None


    def _row_of(stage: Stage, name: str, doc_id: str) -> int:
        """The row of a document in a collection's table; 0 if it has none."""
        table = _table_of(stage, name)
        if table is None:
            return 0
        return next((row for row in range(1, table.numRows) if table[row, "doc_id"].val == doc_id), 0)


    def _shows(holds: Callable[[], Any], what: str) -> Steps:
        yield from until(holds, ANSWER_S, 10)
        wrong_unless(holds(), f"{what}, even after {ANSWER_S:g} s")


    def _confirmed(stage: Stage, given: Any, doc_id: str, collection: str = "") -> Steps:
        """Waits until the server has confirmed a write."""
        wrong_unless(isinstance(given, str) and given, f"it gave {given!r} instead of a queue id")
        call = yield from stage.heard("onWriteComplete", collection or stage.tag, doc_id)
        wrong_unless(call[2] is True and call[3] == "", f"onWriteComplete was called with {shown(call)}")


    @exercise("firestore", "PushDoc", "GetDoc shows it at once, the table keeps it, onWriteComplete tells that it arrived")
    def use_push(stage: Stage) -> Steps:
        yield from _shows(lambda: _table_of(stage, stage.tag), f"there is no table for the collection {stage.tag}")
        document = {"text": "gr\u00fc\u00df dich", "number": 2**60, "list": [1, {"deep": True}]}
        key = stage.comp.PushDoc(stage.tag, "one", document)
        wrong_unless(stage.comp.GetDoc(stage.tag, "one") == document, "GetDoc does not show it when the method returns")
        yield from _confirmed(stage, key, "one")
        yield from _shows(lambda: not _dirty(stage, "one"), "its row stays _dirty")
        wrong_unless(stage.comp.GetDoc(stage.tag, "one") == document, "GetDoc shows something else afterwards")
        return "confirmed"


    def _dirty(stage: Stage, doc_id: str) -> bool:
        row = _row_of(stage, stage.tag, doc_id)
        return not row or _table_of(stage, stage.tag)[row, "_dirty"].val != "0"


    @exercise("firestore", "MergeDoc", "the named fields changed, the others stayed")
    def use_merge(stage: Stage) -> Steps:
        stage.forget("onWriteComplete")
        yield from _confirmed(stage, stage.comp.MergeDoc(stage.tag, "one", {"text": "merged"}), "one")
        found = stage.comp.GetDoc(stage.tag, "one")
        wrong_unless(found["text"] == "merged" and found["number"] == 2**60, f"GetDoc gives {shown(found)}")
        return "merged"


    @exercise("firestore", "UpdateDoc", "a field changed; on a document that is not there it becomes a dead letter")
    def use_update(stage: Stage) -> Steps:
        stage.forget("onWriteComplete")
        yield from _confirmed(stage, stage.comp.UpdateDoc(stage.tag, "one", {"number": 7}), "one")
        wrong_unless(stage.comp.GetDoc(stage.tag, "one")["number"] == 7, "GetDoc does not show the change")
        stage.comp.UpdateDoc(stage.tag, "nowhere", {"number": 7})
        call = yield from stage.heard("onWriteComplete", stage.tag, "nowhere")
        wrong_unless(call[2] is False and call[3], f"onWriteComplete was called with {shown(call)}")
        yield from _shows(lambda: len(stage.rows("dead_letters")) == 1, "dead_letters does not hold it")
        return "changed"


    @exercise("firestore", "RetryDeadLetters", "the dead letter is tried again, and refused again")
    def use_retry_dead(stage: Stage) -> Steps:
        stage.forget("onWriteComplete")
        stage.comp.RetryDeadLetters()
        yield from stage.heard("onWriteComplete", stage.tag, "nowhere")
        yield from _shows(lambda: len(stage.rows("dead_letters")) == 1, "dead_letters does not hold it again")
        return "refused again"


    @exercise("firestore", "ClearDeadLetters", "the table dead_letters is empty")
    def use_clear_dead(stage: Stage) -> Steps:
        stage.comp.ClearDeadLetters()
        yield from _shows(lambda: not stage.rows("dead_letters"), "dead_letters still holds it")
        return "empty"


    @exercise("firestore", "PushBatch", "all of a batch arrived, one id each")
    def use_batch(stage: Stage) -> Steps:
        operations = [
            {"collection": stage.tag, "doc_id": f"batch{number}", "op_type": "set", "payload": {"score": number}}
            for number in range(3)
        ]
        keys = stage.comp.PushBatch(operations, atomic=True)
        wrong_unless(len(keys) == 3 and all(keys), f"it gave {keys!r}")
        for number, key in enumerate(keys):
            yield from _confirmed(stage, key, f"batch{number}")
        return "three documents"


    @exercise("firestore", "GetDoc", "the document of the table; None where there is none")
    def use_get(stage: Stage) -> str:
        found = stage.comp.GetDoc(stage.tag, "batch2")
        wrong_unless(found == {"score": 2}, f"it gives {shown(found)}")
        wrong_unless(stage.comp.GetDoc(stage.tag, "no such") is None, "it knows a document that does not exist")
        return "a document"


    @exercise("firestore", "GetCollection", "every document of the table, each with its _doc_id")
    def use_get_all(stage: Stage) -> str:
        found = {one["_doc_id"]: one for one in stage.comp.GetCollection(stage.tag)}
        wrong_unless(found.keys() == {"one", "batch0", "batch1", "batch2"}, f"it gives {sorted(found)}")
        return f"{len(found)} documents"


    @exercise("firestore", "FetchDoc", "onDocFetched brings the document of the server, or None")
    def use_fetch(stage: Stage) -> Steps:
        for doc_id, wanted in (("batch1", {"score": 1}), ("no such", None)):
            wrong_unless(stage.comp.FetchDoc(f"{stage.tag}/{doc_id}") is True, "it refuses a path")
            call = yield from stage.heard("onDocFetched", stage.tag, doc_id)
            wrong_unless(call[2] == wanted and call[3] is True, f"onDocFetched was called with {shown(call)}")
        wrong_unless(stage.comp.FetchDoc("no document path") is False, "it takes what is no path")
        return "both"


    @exercise("firestore", "GetListeners", "the listener of the collection is live")
    def use_listeners(stage: Stage) -> Steps:
        def live() -> bool:
            return bool(stage.comp.GetListeners().get(stage.tag, {}).get("state") == "live")

        yield from until(live, ANSWER_S, 10)
        wrong_unless(live(), f"it gives {shown(stage.comp.GetListeners())}")
        return "live"


    @exercise("firestore", "WatchCollection", "a table with the documents of the subcollection, told by onFirestoreChange")
    def use_watch(stage: Stage) -> Steps:
        path = f"{stage.tag}/one/items"
        yield from _confirmed(stage, stage.comp.PushDoc(path, "inner", {"score": 5}), "inner", path)
        wrong_unless(stage.comp.WatchCollection(path) is True, "it refuses the path of a subcollection")
        yield from _shows(lambda: _row_of(stage, path, "inner"), "its table does not show the document")
        yield from stage.heard("onFirestoreChange", path, "inner")
        wrong_unless(stage.comp.WatchCollection("two/parts") is False, "it takes the path of a document")
        return "a table"


    @exercise("firestore", "UnwatchCollection", "the table is gone, and so is its watcher")
    def use_unwatch(stage: Stage) -> Steps:
        path = f"{stage.tag}/one/items"
        before = len(stage.comp.op("collections").children)
        wrong_unless(stage.comp.UnwatchCollection(path) is True, "it does not know what is watched")
        yield from _shows(lambda: _table_of(stage, path) is None, "its table is still there")
        left = len(stage.comp.op("collections").children)
        wrong_unless(left == before - 2, f"{before} operators in collections became {left}, not {before - 2}")
        wrong_unless(stage.comp.UnwatchCollection("not watched") is False, "it ends what does not exist")
        return "gone"


    @exercise("firestore", "WatchDoc", "a table with that one document")
    def use_watch_doc(stage: Stage) -> Steps:
        path = f"{stage.tag}/batch0"
        wrong_unless(stage.comp.WatchDoc(path) is True, "it refuses the path of a document")
        yield from _shows(lambda: _row_of(stage, path, "batch0"), "its table does not show the document")
        table = _table_of(stage, path)
        wrong_unless(table.numRows == 2, f"its table has {table.numRows} rows")
        stage.comp.UnwatchCollection(path)
        return "one row"


    @exercise("firestore", "WatchQuery", "a table with what the query finds")
    def use_watch_query(stage: Stage) -> Steps:
        name = f"{stage.tag} high"
        given = stage.comp.WatchQuery(name, stage.tag, where=("score", ">=", 1), order_by="-score")
        wrong_unless(given is True, "it refuses the query")
        yield from _shows(lambda: _row_of(stage, name, "batch2"), "its table does not show the documents")
        found = [one["_doc_id"] for one in stage.comp.GetCollection(name)]
        wrong_unless(sorted(found) == ["batch1", "batch2"], f"it shows {found}")
        stage.comp.UnwatchCollection(name)
        return found


    @exercise("firestore", "RefreshCollections", "what is watched stays watched")
    def use_refresh(stage: Stage) -> Steps:
        stage.comp.RefreshCollections()
        yield from frames(5)
        wrong_unless(_row_of(stage, stage.tag, "one"), "the table of the collection is gone")
        return "stays"


    def _edit(stage: Stage, doc_id: str, document: dict[str, Any]) -> None:
        table = _table_of(stage, stage.tag)
        table[_row_of(stage, stage.tag, doc_id), "payload"] = json.dumps(document)


    @exercise("firestore", "FlushDirty", "an edited cell is sent by itself; with write-back off, when it is called")
    def use_flush_dirty(stage: Stage) -> Steps:
        stage.forget("onWriteComplete")
        _edit(stage, "batch1", {"score": 11})
        yield from stage.heard("onWriteComplete", stage.tag, "batch1")
        stage.set(Enablewriteback=False)
        yield from frames(3)
        stage.forget("onWriteComplete")
        _edit(stage, "batch1", {"score": 12})
        yield from frames(10)
        wrong_unless(stage.called("onWriteComplete", stage.tag) is None, "an edit was sent although write-back is off")
        stage.comp.FlushDirty()
        yield from stage.heard("onWriteComplete", stage.tag, "batch1")
        stage.set(Enablewriteback=True)
        return "sent"


    @exercise("firestore", "engine in a process", "it works in a process of its own, and again in threads")
    def use_firestore_process(stage: Stage) -> Steps:
        def push() -> Steps:
            yield from _confirmed(stage, stage.comp.PushDoc(stage.tag, "process", {"score": 1}), "process")

        return (yield from use_process(stage, push))


    @exercise("firestore", "DeleteDoc", "the row is gone, the server has confirmed it")
    def use_delete_doc(stage: Stage) -> Steps:
        stage.forget("onWriteComplete")
        yield from _confirmed(stage, stage.comp.DeleteDoc(stage.tag, "batch1"), "batch1")
        wrong_unless(stage.comp.GetDoc(stage.tag, "batch1") is None, "GetDoc still shows it")
        yield from _confirmed(
            stage, stage.comp.DeleteDoc(f"{stage.tag}/one/items", "inner"), "inner", f"{stage.tag}/one/items"
        )
        return "gone"


    @exercise("firestore", "Disconnect", "the state is disconnected, and told; a write made then waits")
    def use_firestore_disconnect(stage: Stage) -> Steps:
        yield from use_disconnect(stage)
        stage.comp.PushDoc(stage.tag, "waits", {"score": 1})
        yield from _shows(lambda: len(stage.rows("write_queue_dat")) == 1, "write_queue_dat does not show it")
        wrong_unless(stage.status("queue_depth") == "1", f"queue_depth is {stage.status('queue_depth')}")
        return "one waits"


    @exercise("firestore", "ClearWriteQueue", "nothing waits any more, the row is gone")
    def use_clear_queue(stage: Stage) -> Steps:
        stage.comp.ClearWriteQueue()
        yield from _shows(lambda: not stage.rows("write_queue_dat"), "write_queue_dat still shows it")
        wrong_unless(stage.comp.GetDoc(stage.tag, "waits") is None, "GetDoc still shows what was discarded")
        return "empty"


    @exercise("firestore", "FlushWriteQueue", "what was written without a connection is sent")
    def use_flush_queue(stage: Stage) -> Steps:
        stage.forget("onWriteComplete")
        key = stage.comp.PushDoc(stage.tag, "later", {"score": 1})
        stage.comp.Connect()
        yield from stage.state("connected")
        stage.comp.FlushWriteQueue()
        yield from _confirmed(stage, key, "later")
        yield from _shows(lambda: stage.status("queue_depth") == "0", "queue_depth does not become 0")
        return "sent"


    @exercise("firestore", "Reset", "it asks, empties queues and tables, and one can connect afterwards")
    def use_firestore_reset(stage: Stage) -> Steps:
        found = yield from use_reset(stage)
        yield from _shows(lambda: _row_of(stage, stage.tag, "later"), "the table does not fill again")
        return found


    def clean_firestore(stage: Stage) -> Steps:
        """Takes what the trial left in the database away."""
        if not stage.connected:
            raise NotTried("there was no connection")
        if stage.status("state") != "connected":
            stage.comp.Connect()
            yield from stage.state("connected")
        left = [one["_doc_id"] for one in stage.comp.GetCollection(stage.tag)]
        stage.forget("onWriteComplete")
        for doc_id in left:
            yield from _confirmed(stage, stage.comp.DeleteDoc(stage.tag, doc_id), doc_id)
        return f"{len(left)} documents"


    # -----------------------------------------------------------------------------------------------------------------
    # Reads what `toeexpand` writes, as far as the open questions of the component file need it.
    # -----------------------------------------------------------------------------------------------------------------

    #: Files of an expanded component, by their path below NAME.tox.dir; the index is `.toc`.
    Files = dict[str, bytes]

    _STYLE_BITS = 0x1F


    def words_of(line: str) -> list[str]:
        """The words of a line; in double quotes where they are empty or hold spaces."""
        words: list[str] = []
        word, quoted, begun, position = "", False, False, 0
        while position < len(line):
            char = line[position]
            if quoted and char == "\\" and line[position + 1 : position + 2] == '"':
                word += '"'
                position += 1
            elif char == '"' and (quoted or not begun):
                quoted, begun = not quoted, True
            elif char.isspace() and not quoted:
                if begun:
                    words.append(word)
                word, begun = "", False
            else:
                word, begun = word + char, True
            position += 1
        return [*words, word] if begun else words


    def lines_of(files: Files, path: str) -> list[str]:
        """The lines of a text file; none if it is not there."""
        return files.get(path, b"").decode("utf-8", "replace").splitlines()


    def values_in(files: Files, path: str) -> dict[str, str]:
        """The rows of a `.parm` file, by parameter."""
        return {words_of(line)[0]: line for line in lines_of(files, path) if line.strip() not in ("", "?")}


    def definitions_in(files: Files, path: str) -> dict[str, str]:
        """The lines of a `.cparm` file, by parameter."""
        lines = (line for line in lines_of(files, path) if line.strip() not in ("", "?") and not line.startswith("pages "))
        return {words_of(line)[1]: line for line in lines if len(words_of(line)) > 1}


    def type_word(line: str) -> int:
        """The type word of a definition, without its sign."""
        return int(words_of(line)[0]) & 0xFFFFFFFF


    def format_answers(files: Files, root: str) -> Iterator[tuple[str, Any]]:
        """What the expanded specimen says about the open questions of the format sheet, by their numbers there."""
        values, lines = values_in(files, f"{root}.parm"), definitions_in(files, f"{root}.cparm")
        styles = {name: type_word(line) & _STYLE_BITS for name, line in lines.items() if name.startswith("Style")}
        known = {name: hex(type_word(line)) for name, line in lines.items()}

        def node(name: str) -> list[str]:
            return lines_of(files, f"{root}/{name}.n")

        yield "1", _table_order(files.get(f"{root}/table.table", b""))
        yield "2", {name: row.split()[1] for name, row in values.items() if name[:1].isupper()}
        yield "3", values.get("Changed", "no row")
        yield "4", values.get("Chosen", "no row")
        yield "5", dict(sorted(styles.items(), key=lambda one: one[1]))
        yield "6", {name: lines[name] for name in ("Lower", "Upper", "Bothends") if name in lines}
        yield (
            "7",
            {
                "words": {name: known[name] for name in ("Plain", "Readonly", "Section") if name in known},
                "rows": {name: values[name] for name in ("Plain", "Readonly", "Section") if name in values},
            },
        )
        yield "8", sorted({words_of(line)[10] for name, line in lines.items() if name in ("Plain", "Readonly", "Helped")})
        yield "9", [row for name, row in values.items() if name.startswith("ext")]
        yield "11", values.get("ext0object", "no row")
        yield "12", {name: node(name)[:1] for name in ("datexec", "fifo", "parexec", "execute")}
        yield "13", {name: node(name)[:1] for name in ("movie", "list", "opviewer")}
        yield "14", {"first": node("annotate")[:1], "files": len([path for path in files if "/annotate" in path])}
        yield "15", values_in(files, f"{root}/parexec.parm").get("op", "no row")
        yield "16", values.get("Quoted", lines.get("Quoted", "no row"))
        yield "17", repr((values.get("Accented") or lines.get("Accented", "no row")).encode("utf-8"))
        yield "18", [line.split()[0] for line in node("text") if line.split()]
        yield "21", [line.split()[0] for line in node("docked") if line.split()]
        yield "22", [line for line in lines_of(files, ".build") if line.split()[:1] in (["version"], ["build"])]
        yield "23", [row for name, row in values.items() if name in ("nodeview", "opviewer", "pageindex")]
        yield "24", lines.get("Helped", "no line")
        yield "25", list(lines)
        yield "index", [line for line in lines_of(files, ".toc") if line.startswith((root + ".", f"{root}/docked", "#"))]


    def _table_order(body: bytes) -> Any:
        """Which size comes first in a table of three rows and two columns."""
        head, _, rest = body.partition(b"*")
        if len(rest) < 16:
            return "no table"
        numbers = struct.unpack(">4I", rest[:16])
        return {(3, 2): "rows, columns", (2, 3): "columns, rows"}.get(
            numbers[1:3], [head.decode("ascii", "replace"), *numbers]
        )


    # -----------------------------------------------------------------------------------------------------------------
    # TouchDesigner's own tools for component files, run beside the frames.
    # -----------------------------------------------------------------------------------------------------------------

    #: Folder of the tools, where they lie in none of the usual places.
    PLACE_VARIABLE = "TOUCHDESIGNER_BIN"

    #: How long one of them may take.
    TOOL_S = 120.0


    def find_tool(name: str) -> Path | None:
        """`toeexpand` or `toecollapse` of the TouchDesigner that runs; None if it has none."""
        folders = [Path(os.environ[PLACE_VARIABLE])] if os.environ.get(PLACE_VARIABLE) else []
        folders += [Path(td.app.binFolder), Path(td.app.installFolder), Path(td.app.installFolder) / "bin"]
        folders += [Path(sys.executable or ".").parent, Path(td.app.installFolder) / "Contents" / "MacOS"]
        for folder in folders:
            for suffix in (".exe", ""):
                if (folder / f"{name}{suffix}").is_file():
                    return folder / f"{name}{suffix}"
        return None


    def run_tool(tool: Path, argument: str, folder: Path) -> Steps:
        """Runs a tool in a folder; its exit code means nothing, and None says that it did not end."""
        process = subprocess.Popen(
            [str(tool), argument],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        try:
            yield from until(lambda: process.poll() is not None, TOOL_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        return process.returncode


    def expand(tool: Path, packed: Path, folder: Path) -> Steps:
        """Expands a copy of a component; all its files by their paths, empty if nothing came of it."""
        folder.mkdir(parents=True, exist_ok=True)
        copy = Path(shutil.copy(packed, folder))
        yield from run_tool(tool, copy.name, folder)
        place = folder / f"{copy.name}.dir"
        files = {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}
        index = folder / f"{copy.name}.toc"
        if index.is_file():
            files[".toc"] = index.read_bytes()
        return files


    def collapse(tool: Path, name: str, files: dict[str, bytes], folder: Path, argument: str) -> Steps:
        """Packs a component made of these files; the packed file, or None if nothing came of it."""
        shutil.rmtree(folder, ignore_errors=True)
        for path, body in files.items():
            target = folder / f"{name}.tox.dir" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
        (folder / f"{name}.tox.toc").write_bytes("\n".join(["# 4 0 0 0 1", *files, ""]).encode())
        yield from run_tool(tool, argument, folder)
        packed = folder / f"{name}.tox"
        return packed if packed.is_file() and packed.stat().st_size else None


    # -----------------------------------------------------------------------------------------------------------------
    # Part four: a component with one of everything, saved and expanded, answers the questions of the format sheet.
    # -----------------------------------------------------------------------------------------------------------------

    FORMAT_AREA = "format"
    SPECIMEN = "specimen"

    STYLES = (
        *("Float", "Int", "Str", "StrMenu", "Menu", "File", "FileSave", "Folder", "Pulse", "Momentary", "Toggle"),
        *("Python", "Header", "OP", "COMP", "Object", "PanelCOMP", "TOP", "CHOP", "SOP", "POP", "MAT", "DAT"),
        *("RGB", "RGBA", "XY", "XYZ", "XYZW", "UV", "UVW", "WH", "Sequence"),
    )

    #: What the questions ask, by their numbers in section 10 of the format sheet.
    ASKED = {
        "1": "size order in .table",
        "2": "mode words of custom values",
        "3": "row of a custom text that differs from its default",
        "4": "row of a custom menu set to its second entry",
        "5": "numbers of the styles",
        "6": "bounds of parameters clamped below, above and on both sides",
        "7": "where read-only and the start of a section are kept",
        "8": "version of the default record",
        "9": "rows of two extensions",
        "11": "row of ext0object",
        "12": "type tokens of DAT Execute, FIFO, Parameter Execute and Execute",
        "13": "type tokens of Movie File In, List and OP Viewer",
        "14": "what an annotate consists of",
        "15": "row of the parameter op of a Parameter Execute",
        "16": "a text with quotes and a backslash",
        "17": "a text that is not ASCII",
        "18": "the lines of a fresh text DAT's .n file",
        "21": "the lines of the .n file of an operator with dock, tags and comment",
        "22": "the stamp",
        "23": "rows of the node's looks",
        "24": "a help text with quotes and two lines",
        "25": "order of definitions across pages",
        "index": "order of a node's files in the index",
    }


    def build_specimen(room: Room) -> Steps:
        """Makes the component, piece by piece; `room.details` tells what of it could not be made.

    Returns:
        The component.
    """
        comp = room.create(td.baseCOMP, SPECIMEN)
        failed: dict[str, str] = {}
        pieces: list[tuple[str, Callable[[], Any]]] = []
        pieces += [(style, functools.partial(room.par, style, f"Style{style.lower()}", comp)) for style in STYLES]
        pieces += [(what, functools.partial(make, room, comp)) for what, make in _PARAMETERS.items()]
        pieces += [(one[0], functools.partial(_operator_of, room, comp, *one)) for one in _OPERATORS]
        pieces += [(what, functools.partial(make, room, comp)) for what, make in _CONTENTS.items()]
        for what, make in pieces:
            error = attempt(make)
            if error is not None:
                failed[what] = describe_error(error)
            yield None
        room.details["not made"] = failed
        return comp


    def _operator_of(room: Room, comp: Any, name: str, kind: str, values: dict[str, Any]) -> None:
        room.create(getattr(td, kind), name, parent=comp, **values)


    def _text(name: str, default: str, value: str | None = None) -> Callable[[Room, Any], None]:
        def make(room: Room, comp: Any) -> None:
            par = room.par("Str", name, comp)
            par.default = default
            par.val = default if value is None else value

        return make


    def _bounds(name: str, **limits: Any) -> Callable[[Room, Any], None]:
        def make(room: Room, comp: Any) -> None:
            par = room.par("Float", name, comp)
            for key, value in {"min": 1, "max": 4, "normMin": 0, "normMax": 10, **limits}.items():
                setattr(par, key, value)

        return make


    def _flagged(name: str, **flags: Any) -> Callable[[Room, Any], None]:
        def make(room: Room, comp: Any) -> None:
            par = room.par("Str", name, comp)
            for key, value in flags.items():
                setattr(par, key, value)

        return make


    def _menu(room: Room, comp: Any) -> None:
        par = room.par("Menu", "Chosen", comp)
        par.menuNames, par.menuLabels = ["first", "second", "third"], ["First", "Second One", "Third"]
        par.default, par.val = "first", "second"


    def _expression(room: Room, comp: Any) -> None:
        room.par("Float", "Expressed", comp).expr = "me.nodeX + 1"


    def _other_page(room: Room, comp: Any) -> None:
        comp.appendCustomPage("Other Page").appendInt("Elsewhere")
        room.par("Int", "Last", comp)


    _PARAMETERS: dict[str, Callable[[Room, Any], None]] = {
        "Plain": _text("Plain", ""),
        "Changed": _text("Changed", "before", "after"),
        "Atdefault": _text("Atdefault", "same"),
        "Quoted": _text("Quoted", "", 'a "quoted" \\ text'),
        "Accented": _text("Accented", "", "gr\u00fc\u00df dich"),
        "Readonly": _flagged("Readonly", readOnly=True),
        "Section": _flagged("Section", startSection=True),
        "Enabled": _flagged("Enabled", enableExpr="me.par.Stylestr != ''"),
        "Helped": _flagged("Helped", help='What "it" does.\nA second line.'),
        "Secret": _flagged("Secret", password=True),
        "Lower": _bounds("Lower", clampMin=True),
        "Upper": _bounds("Upper", clampMax=True),
        "Bothends": _bounds("Bothends", clampMin=True, clampMax=True),
        "Chosen": _menu,
        "Expressed": _expression,
        "Other Page": _other_page,
    }

    _OPERATORS: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("text", "textDAT", {}),
        ("docked", "textDAT", {}),
        ("table", "tableDAT", {}),
        ("fifo", "fifoDAT", {}),
        ("parexec", "parameterexecuteDAT", {"op": "..", "pars": "*"}),
        ("datexec", "datexecuteDAT", {"dat": "table"}),
        ("execute", "executeDAT", {"framestart": True}),
        ("select", "selectDAT", {"dat": "table"}),
        ("movie", "moviefileinTOP", {}),
        ("list", "listCOMP", {}),
        ("opviewer", "opviewerCOMP", {}),
        ("annotate", "annotateCOMP", {}),
    )


    def _table_contents(_room: Room, comp: Any) -> None:
        comp.op("table").clear()
        comp.op("table").appendRows([["a", "b"], ["c", "d"], ["e", "gr\u00fc\u00df"]])


    def _dat_texts(_room: Room, comp: Any) -> None:
        classes = "class One:\n    def __init__(self, ownerComp):\n        pass\n\n\nclass Two(One):\n    pass\n"
        comp.op("text").text = classes
        comp.op("docked").text = "gr\u00fc\u00df dich\n"


    def _node_looks(_room: Room, comp: Any) -> None:
        node = comp.op("docked")
        node.dock = comp.op("fifo")
        node.comment = 'A "comment" of\ntwo lines'
        node.color = (0.2, 0.4, 0.6)
        node.tags.add("tagged")
        comp.par.opviewer = "./text"
        comp.par.nodeview = "opviewer"


    def _two_extensions(_room: Room, comp: Any) -> None:
        comp.seq.ext.numBlocks = 2
        for number, name in enumerate(("One", "Two")):
            setattr(comp.par, f"ext{number}object", f"op('./text').module.{name}(me)")
            setattr(comp.par, f"ext{number}name", name)


    _CONTENTS: dict[str, Callable[[Room, Any], None]] = {
        "table contents": _table_contents,
        "texts": _dat_texts,
        "looks": _node_looks,
        "extensions": _two_extensions,
    }


    def specimen_job(results: Results, around: Any, folder: Path) -> Steps:
        """Saves the specimen, expands it and answers; without the tool the file is left for somebody who has it."""
        room = Room(around, "format")
        kept = Path(td.project.folder) / f"selftest-{td.app.build}-specimen.tox"
        try:
            comp = yield from build_specimen(room)
            kept.unlink(missing_ok=True)
            comp.save(kept.as_posix())
            results.details[SPECIMEN] = room.details
            tool = find_tool("toeexpand")
            if tool is None:
                why = f"toeexpand was not found beside TouchDesigner; send {kept.name} along, which answers them, too"
                sentence = f"{len(ASKED)} questions about the component file were not answered: {why}."
                results.add(FORMAT_AREA, SPECIMEN, SKIPPED, sentence, found=list(ASKED))
                return
            files = yield from expand(tool, kept, folder / "expanded")
            keep_answers(results, files)
        finally:
            room.close()
            shutil.rmtree(folder, ignore_errors=True)


    def keep_answers(results: Results, files: Files) -> None:
        """Takes the answers in, and every text they were read from."""
        if f"{SPECIMEN}.n" not in files:
            sentence = f"toeexpand gave {sorted(files)[:5]} for the specimen, not its {SPECIMEN}.n; see the file itself."
            results.add(FORMAT_AREA, SPECIMEN, FAIL, sentence)
            return
        texts = {path: body.decode("utf-8", "replace") for path, body in files.items() if _is_text(path)}
        results.details["specimen files"] = texts
        for number, answer in format_answers(files, SPECIMEN):
            results.format[number] = answer
            results.add(FORMAT_AREA, number, MEASURED, f"{ASKED[number]}: {shown(answer)}.", found=answer)


    def _is_text(path: str) -> bool:
        return path.endswith((".n", ".parm", ".cparm", ".network", ".toc"))


    # -----------------------------------------------------------------------------------------------------------------
    # Small component files of our own, packed and loaded: what TouchDesigner makes of forms that are not proven.
    # -----------------------------------------------------------------------------------------------------------------

    #: Name of the component in every trial.
    TRIAL = "Trial"

    #: Questions that no trial answers, and why.
    NOT_TRIED = {
        "20": "a file without the header could crash TouchDesigner; it always has one",
        "22 newer": "a stamp newer than TouchDesigner could crash it; ours is the oldest supported build",
    }


    def _node(first: str, *rows: str, color: bool = True) -> bytes:
        size = "160 130" if first.startswith("COMP") else "130 90"
        lines = [first, f"tile 0 0 {size}", "flags =  viewer 1 parlanguage 0"]
        return ("\n".join([*lines, *(["color 0.67 0.67 0.67 "] if color else []), *rows, "end"]) + "\n").encode()


    def _rows(*rows: str) -> bytes:
        return ("\n".join(["?", *rows, "?"]) + "\n").encode("utf-8")


    def _stamp() -> bytes:
        # Never a stamp newer than what opens the file.
        return f"version 099\nbuild {td.app.build}\ntime Thu Jan  1 00:00:00 2026\nosname Windows\nosversion 10\n".encode()


    def _text_body(text: str) -> bytes:
        body = text.encode("utf-8")
        return b"2\n*" + bytes.fromhex("00000001" * 4 + "00000002") + len(body).to_bytes(4, "big") + body


    _CLASSES = "class One:\n    def __init__(self, ownerComp):\n        pass\n\n\nclass Two(One):\n    pass\n"


    def _definition(word: int, name: str, rest: str = '1 1 0 0 1 1 1 2 0 "" ""', order: int = 0, tail: str = "") -> str:
        return f"{word} {name} {name} {rest} Page {order}{tail}"


    def trial_files() -> dict[str, tuple[tuple[str, ...], dict[str, bytes]]]:
        """Each trial: the questions it answers, and its files in the order of the index."""
        base = {".build": _stamp(), f"{TRIAL}.n": _node("COMP:base")}

        def parameters(*lines: str) -> dict[str, bytes]:
            return {f"{TRIAL}.cparm": _rows("pages 1 Page", *lines)}

        extension = {f"{TRIAL}/code.n": _node("DAT:text"), f"{TRIAL}/code.text": _text_body(_CLASSES)}
        one, two = "op('./code').module.One(me)", "op('./code').module.Two(me)"
        return {
            "tokens": (
                ("12", "15"),
                {
                    **base,
                    f"{TRIAL}/datexec.n": _node("DAT:datexec"),
                    f"{TRIAL}/fifo.n": _node("DAT:fifo"),
                    f"{TRIAL}/parexec.n": _node("DAT:parexec"),
                    f"{TRIAL}/parexec.parm": _rows("op 0 ..", "pars 0 *"),
                },
            ),
            "no colour": (("18",), {**base, f"{TRIAL}/plain.n": _node("DAT:text", color=False)}),
            "weak tokens": (
                ("13", "14"),
                {
                    **base,
                    f"{TRIAL}/movie.n": _node("TOP:moviefilein"),
                    f"{TRIAL}/list.n": _node("COMP:list"),
                    f"{TRIAL}/opviewer.n": _node("COMP:opviewer"),
                    f"{TRIAL}/annotate.n": _node("COMP:annotate"),
                },
            ),
            "numbers": (
                ("2", "6"),
                {
                    **base,
                    **parameters(
                        _definition(772804865, "Number", '1 3 0 0 3 4 4 2 1 "" ""'),
                        _definition(772804867, "Switch", '1 1 0 0 1 1 1 2 1 "" ""', 1),
                    ),
                    f"{TRIAL}.parm": _rows("Number 67108928 2.5", "Switch 67108928 off"),
                },
            ),
            "text": (
                ("3",),
                {
                    **base,
                    **parameters(_definition(772804868, "Text", '1 1 0 0 1 1 1 2 0 before ""')),
                    f"{TRIAL}.parm": _rows("Text 67108928 after"),
                },
            ),
            "menu": (
                ("4",),
                {
                    **base,
                    **parameters(
                        _definition(772804879, "Chosen", order=4097, tail=" 2 one One two Two 0"),
                        _definition(772804879, "Indexed", order=4097, tail=" 2 one One two Two 1"),
                    ),
                    f"{TRIAL}.parm": _rows("Chosen 67109056 two", "Indexed 67109056 1"),
                },
            ),
            "styles": (
                ("5", "7"),
                {
                    **base,
                    **parameters(
                        _definition(772804880, "File"),
                        _definition(772804868 - (1 << 31), "Section", order=1),
                        _definition(772804875, "Reference", order=2),
                    ),
                },
            ),
            "two extensions": (
                ("9", "11"),
                {
                    **base,
                    f"{TRIAL}.parm": _rows(
                        "ext 0 2", f"ext0object 0 {one}", "ext0name 0 One", f"ext1object 0 {two}", "ext1name 0 Two"
                    ),
                    **extension,
                },
            ),
            "old extension": (
                ("10",),
                {
                    **base,
                    f"{TRIAL}.parm": _rows(f"extension1 0 {one}", "extname1 0 One", "promoteextension1 0 on"),
                    **extension,
                },
            ),
            "texts": (
                ("16", "17", "24"),
                {
                    **base,
                    **parameters(
                        _definition(772804868, "Quoted", '1 1 0 0 1 1 1 2 0 "a \\"b\\" c" ""'),
                        _definition(772804868, "Accented", '1 1 0 0 1 1 1 2 0 gr\u00fc\u00df ""', 1),
                        _definition(773067012, "Helped", order=2, tail=' 1 "What \\"it\\" does."'),
                    ),
                },
            ),
        }


    def trial_steps(results: Results, around: Any, folder: Path) -> Steps:
        """Packs, loads and looks at each trial."""
        tool = find_tool("toecollapse")
        for number, why in NOT_TRIED.items():
            results.add(FORMAT_AREA, f"trial {number}", SKIPPED, f"Not tried: {why}.")
        if tool is None:
            why = "toecollapse was not found beside TouchDesigner"
            results.add(FORMAT_AREA, "trials", SKIPPED, f"Files of our own could not be packed: {why}.")
            return
        room = Room(around, "trials")
        room.comp.allowCooking = False  # what is loaded does not begin to run
        spellings: dict[str, bool] = {}
        try:
            for name, (questions, files) in trial_files().items():
                packed = None
                for spelling, argument in enumerate((f"{TRIAL}.tox.toc", f"{TRIAL}.tox")):
                    one = yield from collapse(tool, TRIAL, files, folder / f"trial{spelling}", argument)
                    spellings[argument] = spellings.get(argument, False) or one is not None
                    packed = packed or one
                seen = "not packed" if packed is None else _seen_loaded(room, packed)
                for question in questions:
                    results.format.setdefault("trials", {}).setdefault(question, {})[name] = seen
                sentence = f"{name} (questions {', '.join(questions)}): {shown(seen)}."
                results.add(FORMAT_AREA, f"trial {name}", MEASURED, sentence, found=seen)
                yield None
            works = [argument for argument, made in spellings.items() if made]
            results.format["19"] = works
            results.add(FORMAT_AREA, "19", MEASURED, f"toecollapse takes {works or 'neither spelling'}.", found=works)
        finally:
            room.close()
            shutil.rmtree(folder, ignore_errors=True)


    def _seen_loaded(room: Room, packed: Path) -> Any:
        """What came of a packed component."""
        loaded: list[Any] = []
        error = attempt(lambda: loaded.append(room.comp.loadTox(packed.as_posix())))
        if error is not None or not loaded or loaded[0] is None:
            return "not loaded" if error is None else f"not loaded: {describe_error(error)}"
        comp = loaded[0]
        return {
            "operators": {node.name: node.OPType for node in comp.children},
            "parameters": {par.name: dict(_fields(par)) for par in comp.customPars},
            "ext": [
                str(comp.par[f"ext{number}{field}"].eval())
                for number in range(comp.seq.ext.numBlocks)
                for field in ("object", "name")
            ],
            "parexec.op is the component": [node == comp for dat in comp.ops("parexec") for node in dat.par.op.evalOPs()],
        }


    def _fields(par: Any) -> Iterator[tuple[str, Any]]:
        yield "style", par.style
        yield "value", None if par.isPulse or par.isOP else par.eval()
        for name in ("default", "readOnly", "startSection", "help"):
            yield name, getattr(par, name)
        if par.style == "Float":
            for name in ("clampMin", "clampMax", "min", "max", "normMin", "normMax"):
                yield name, getattr(par, name)


    def file_alone_steps(results: Results, dat: Any, around: Any) -> Steps:
        """What of each component its packed file carries by itself, before the assembler has completed it."""
        for name in NAMES:
            path = file_around(dat, f"{name}.tox")
            if path is None:
                sentence = f"There is no {name}.tox beside this self-test or in the project's folder to look into."
                results.add(FORMAT_AREA, f"{name}.tox alone", SKIPPED, sentence)
                continue
            room = Room(around, f"alone_{name}")
            try:
                room.comp.allowCooking = False
                comp = room.comp.loadTox(path.as_posix())
                description = description_of(comp)
                if description is None:
                    missing = ["the description"]
                else:
                    missing = [point.sentence for point in points(comp, description) if not point.holds]
                results.format[f"{name}.tox alone"] = missing
                sentence = (
                    f"{name}.tox alone differs from its description in {len(missing)} points; the assembler completes it."
                )
                results.add(FORMAT_AREA, f"{name}.tox alone", MEASURED, sentence, found=missing)
                yield None
            finally:
                room.close()


    # -----------------------------------------------------------------------------------------------------------------
    # Writes down what was found: a file for programs, a file for people, a table.
    # -----------------------------------------------------------------------------------------------------------------

    #: Counts up when the JSON file gets another shape.
    FORMAT = 1
    TABLE = "selftest_rows"


    def as_data(results: Results, components: dict[str, Any]) -> dict[str, Any]:
        """Everything, as plain data."""
        app = td.app
        return {
            "format": FORMAT,
            "touchdesigner": {
                "build": app.build,
                "version": app.version,
                "product": app.product,
                "os": app.osName,
                "architecture": app.architecture,
                "python": platform.python_version(),
            },
            "components": components,
            "verdict": "fail" if results.count(FAIL) else "pass",
            "counts": {verdict: results.count(verdict) for verdict in (PASS, FAIL, MEASURED, SKIPPED)},
            "unknowns": dict(sorted(results.unknowns.items())),
            "also": dict(sorted(results.also.items())),
            "format_sheet": results.format,
            "details": results.details,
            "rows": [dict(zip(COLUMNS, row.cells(), strict=True)) for row in results.rows],
        }


    def verdict_line(results: Results, where: str) -> str:
        """Whether all is well, and where the report is."""
        failed = results.count(FAIL)
        counts = f"{results.count(PASS)} passed, {results.count(MEASURED)} measured, {results.count(SKIPPED)} skipped"
        if failed:
            first = next(results.of(FAIL))
            return f"Self-test: {failed} FAILED ({counts}), first: {one_line(first.sentence, 160)} Report: {where}"
        return f"Self-test: all is well ({counts}). Report: {where}"


    def as_text(results: Results, data: dict[str, Any]) -> str:
        """The report for people, in Markdown."""
        machine = data["touchdesigner"]
        components = ", ".join(f"{name} {about['version']}" for name, about in data["components"].items()) or "none"
        lines = [
            "# Self-test of td-gcp",
            "",
            f"- TouchDesigner {machine['build']} on {machine['os']}, Python {machine['python']}",
            f"- Components: {components}",
            f"- {verdict_line(results, 'this file')}",
            "",
        ]
        for verdict, title in (
            (FAIL, "What failed"),
            (SKIPPED, "What was not tried"),
            (MEASURED, "What was measured"),
            (PASS, "What is as it should be"),
        ):
            rows = list(results.of(verdict))
            if rows:
                lines += [f"## {title}", "", *_section(rows, told=verdict in (FAIL, SKIPPED)), ""]
        return "\n".join(lines)


    def _section(rows: list[Row], *, told: bool) -> list[str]:
        """One line a row; for what went wrong, also what was expected and found."""
        lines = []
        for row in rows:
            lines.append(f"- **{row.area} / {row.name}** {row.sentence}")
            if told and row.expected and row.expected not in row.sentence:
                lines.append(f"    - expected `{row.expected}`, found `{row.found}`")
        return lines


    def write(results: Results, components: dict[str, Any], dat: Any) -> str:
        """Writes files and table; the path of the report for people."""
        data = as_data(results, components)
        name = f"selftest-{td.app.build}"
        texts = {".json": json.dumps(data, indent=1) + "\n", ".md": as_text(results, data)}
        folder = Path(td.project.folder)
        error = attempt(lambda: _write_files(folder, name, texts))
        if error is not None:  # a project in a folder that cannot be written to
            folder = Path(td.app.tempFolder)
            _write_files(folder, name, texts)
        _fill_table(results, dat)
        return (folder / f"{name}.md").as_posix()


    def _write_files(folder: Path, name: str, texts: dict[str, str]) -> None:
        for suffix, text in texts.items():
            (folder / f"{name}{suffix}").write_text(_without_folders(text), encoding="utf-8")


    def _without_folders(text: str) -> str:
        """The text without the folders of this machine, whose names may be somebody's: a report is meant to be sent on."""
        places = (("<project>", td.project.folder), ("<temp>", td.app.tempFolder), ("<home>", str(Path.home())))
        for name, folder in places:
            slashes = folder.replace("\\", "/")
            for spelling in (slashes, slashes.replace("/", "\\"), slashes.replace("/", "\\\\")):
                if len(spelling) > 1:
                    text = text.replace(spelling, name)
        return text


    def _fill_table(results: Results, dat: Any) -> None:
        table = dat.parent().op(TABLE)
        if table is None or table.OPType != "tableDAT":
            table = dat.parent().create(td.tableDAT, TABLE)
            table.nodeX, table.nodeY = dat.nodeX + 200, dat.nodeY - 150
        table.clear()
        table.appendRows([list(COLUMNS), *(row.cells() for row in results.rows)])


    # -----------------------------------------------------------------------------------------------------------------
    # Puts the parts together: what is done in which order, and what is told at the end.
    # -----------------------------------------------------------------------------------------------------------------

    #: Where the run that is under way is found; on `sys`, because a DAT's own names may go away.
    RUNNING = "tdg_selftest"
    SCRATCH = "selftest_scratch"

    #: A run that has not stepped on for so long was ended by something else.
    _GIVEN_UP_S = 10.0


    #: Address, preparation and cleaning up of each component's trial.
    TRIALS: dict[str, tuple[str, Callable[[Stage], None], Callable[[Stage], Any]]] = {
        "storage": (STORAGE_HOST, prepare_storage, clean_storage),
        "firestore": (FIRESTORE_HOST, prepare_firestore, clean_firestore),
    }


    class SelfTest:
        """One run.

    Args:
        dat: The operator that this file lies in.
    """

        def __init__(self, dat: Any) -> None:
            self.dat = dat
            self.results = Results()
            self.components: dict[str, Any] = {}
            self.line = ""
            self.stepper = Stepper(self.results, self._finish)
            self._scratch: Any = None

        def start(self) -> None:
            """Begins with the next frame."""
            self.stepper.jobs.append(Job("described", "components", self._provide, 120.0))
            self.stepper.start()

        def _provide(self) -> Iterator[Any]:
            former = self.dat.parent().op(SCRATCH)
            if former is not None:
                remove(former)
            yield from provide(self.dat, self.results, self.components.__setitem__)
            self._scratch = self.dat.parent().create(td.baseCOMP, SCRATCH)
            self.stepper.jobs.extend(self._jobs())

        def _jobs(self) -> Iterator[Job]:
            if "described" in PARTS:
                for name, comp in self.components.items():
                    yield from described_jobs(self.results, name, comp)
            if "works" in PARTS:
                for name, comp in self.components.items():
                    host, prepare, clean = TRIALS[name]
                    stage = Stage(comp, name, host or comp.par.Emulatorhost.eval(), self.results)
                    yield from works_jobs(self.results, stage, prepare, clean)
                yield Job("works", "packages", lambda: tell_packages(self.results))
            if "unknowns" in PARTS:
                yield from question_jobs(self.results, self._scratch)
            if "format" in PARTS:
                folder = Path(td.app.tempFolder) / f"tdg-selftest-{os.getpid()}-format"
                yield Job("format", "specimen", lambda: specimen_job(self.results, self._scratch, folder), 300.0, SKIPPED)
                yield Job("format", "trials", lambda: trial_steps(self.results, self._scratch, folder), 900.0, SKIPPED)
                yield Job("format", "files", lambda: file_alone_steps(self.results, self.dat, self._scratch), 60.0, SKIPPED)

        def _finish(self) -> None:
            if self._scratch is not None and self._scratch.valid:
                remove(self._scratch)
            if WATCH_EXIT:
                watch_exit(self.dat.parent())
            self.line = verdict_line(self.results, write(self.results, self._about(), self.dat))
            print(self.line)
            td.ui.status = self.line

        def _about(self) -> dict[str, Any]:
            about = {}
            for name, comp in self.components.items():
                description = description_of(comp) if comp.valid else None
                about[name] = {"version": (description or {}).get("version", "none")}
            return about


    def start(path: str) -> SelfTest:
        """Starts a run, unless one is under way.

    Args:
        path: Of the operator that this file lies in.
    """
        former = getattr(sys, RUNNING, None)
        if former is not None and not former.stepper.done and time.monotonic() - former.stepper.last_s < _GIVEN_UP_S:
            print("The self-test is running already; it says when it is done.")
            return former  # type: ignore[no-any-return]
        test = SelfTest(td.op(path))
        setattr(sys, RUNNING, test)
        test.start()
        return test


    start(SELFTEST)
