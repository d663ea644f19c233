"""What nobody knows of TouchDesigner's Python API, as data: one field per open question. Thread: any.

The first setting of a field is its default. A *variant* changes one field; suites run with each of them.
A *condition* is no open question but a state of the machine (no free pool thread, an old build) in which flows
rightly take another way; tests ask for one by name.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal


def _switch(*settings: Any, row: str, about: str, conditions: tuple[Any, ...] = (), joint: bool = True) -> Any:
    """A field with its settings, default first. `joint=False` keeps it out of the combined sets."""
    metadata = {"settings": settings, "row": row, "about": about, "conditions": conditions, "joint": joint}
    return field(default=settings[0], metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknowns:
    """One setting per open question. `row` is the row of section 11 of the API sheet, or its section."""

    # operators and lookup
    shortcut_conflict: Literal["newest", "first"] = _switch(
        "newest", "first", row="5", about="which COMP a global shortcut held by two of them names"
    )
    illegal_name: Literal["raises", "cleaned"] = _switch(
        "raises", "cleaned", row="7", about="create() or rename with characters that no operator name has"
    )
    rename_taken: Literal["numbered", "raises"] = _switch(
        "numbered", "raises", row="1.3", about="assigning a name that a sibling has"
    )
    destroy_docked: Literal["raises", "destroys"] = _switch(
        "raises", "destroys", row="10", about="destroying an operator that others are docked to"
    )
    children_order: Literal["created", "reversed", "by_name"] = _switch(
        "created", "reversed", "by_name", row="14", about="order of children and findChildren()"
    )
    op_objects: Literal["fresh", "same"] = _switch(
        "fresh", "same", row="15", about="whether two look-ups of one operator give the same Python object"
    )
    dotdot_path: Literal["network", "node"] = _switch(
        "network", "node", row="1.2", about="'../x' from a DAT: beside the COMP that holds it, or beside the DAT"
    )
    # parameters
    toggle_eval: Literal["bool", "int"] = _switch("bool", "int", row="19", about="type of a Toggle's eval()")
    float_into_int: Literal["truncated", "rounded"] = _switch(
        "truncated", "rounded", row="25", about="a float assigned to an Int"
    )
    text_into_number: Literal["raises", "ignored"] = _switch(
        "raises", "ignored", row="25", about="text that is no number assigned to a number or toggle"
    )
    read_only_write: Literal["allowed", "ignored"] = _switch(
        "allowed", "ignored", row="26", about="a script assigns to a parameter that is readOnly"
    )
    op_par_text: Literal["relative", "absolute"] = _switch(
        "relative", "absolute", row="2.2", about="text stored when an operator is assigned to a parameter"
    )
    second_page: Literal["existing", "duplicate"] = _switch(
        "existing", "duplicate", row="2.4", about="appendCustomPage() with the name of an existing page"
    )
    replaced_value: Literal["kept", "reset"] = _switch(
        "kept", "reset", row="2.4", about="value of a parameter that append...(replace=True) makes again"
    )
    foreign_menu_index: Literal["none", "zero"] = _switch(
        "none", "zero", row="2.2", about="menuIndex of a StrMenu whose text is not in its menu"
    )
    load_events: Literal["none", "fired"] = _switch(
        "none", "fired", row="31", about="Parameter Execute calls for values loaded from a .tox"
    )
    # DATs
    none_cell: Literal["None", ""] = _switch("None", "", row="33", about="None written to a cell")
    missing_cell: Literal["raises", "ignored"] = _switch(
        "raises", "ignored", row="35", about="assigning to a cell outside the table"
    )
    negative_index: Literal["refused", "from_end"] = _switch(
        "refused", "from_end", row="36", about="negative row and column indices"
    )
    missing_row: Literal["raises", "ignored"] = _switch(
        "raises", "ignored", row="41", about="deleteRow or replaceRow of a row that is not there"
    )
    delete_rows: Literal["before_call", "one_by_one"] = _switch(
        "before_call", "one_by_one", row="41", about="what the indices of deleteRows() refer to"
    )
    read_only_dat: Literal["raises", "ignored"] = _switch(
        "raises", "ignored", row="45", about="editing a DAT that is not editable"
    )
    fifo_editable: Literal["yes", "no"] = _switch("yes", "no", row="3.1", about="isEditable of a FIFO DAT")
    fifo_heading: Literal["extra", "counted"] = _switch(
        "extra", "counted", row="46", about="whether the kept first row counts towards maxlines"
    )
    fifo_new_row: Literal["at_once", "frame_end"] = _switch(
        "at_once", "frame_end", row="46", about="when onNewRow is called"
    )
    cell_truth: Literal["text", "number"] = _switch(
        "text", "number", row="3.4", about="truth of a Cell: any text, or its number if it looks like one"
    )
    # extensions and callbacks
    mod_missing: Literal["raises", "none"] = _switch("raises", "none", row="8.1", about="mod.name without such a DAT")
    script_name: Literal["dat", "__main__"] = _switch(
        "dat", "__main__", row="8.1", about="__name__ in a text DAT that is run as a script"
    )
    script_scope: Literal["one", "two"] = _switch(
        "one", "two", row="6", about="whether a text DAT that is run keeps its names apart from its globals"
    )
    old_module: Literal["cleared", "kept"] = _switch(
        "cleared", "kept", row="57", about="globals of a DAT's module after its text was recompiled"
    )
    destroyed_module: Literal["kept", "cleared"] = _switch(
        "kept", "cleared", row="57", about="globals of a DAT's module after the DAT was destroyed"
    )
    block_change: Literal["that_one", "all"] = _switch(
        "that_one", "all", row="4.2", about="which extensions are made anew when the definition of one changes"
    )
    promoted: Literal["all", "methods"] = _switch(
        "all", "methods", row="56", about="what is promoted: every capitalised member, or methods and properties only"
    )
    start_on_load: Literal["yes", "no"] = _switch(
        "yes", "no", row="50", about="whether initextonstart also acts when a .tox is loaded or a COMP is pasted"
    )
    on_init: Literal["frame_end", "next_frame", "never"] = _switch(
        "frame_end", "next_frame", "never", row="51", about="when onInitTD is called (never: builds before 2025)"
    )
    destroy_at_exit: Literal["no", "yes"] = _switch("no", "yes", row="53", about="onDestroyTD when the project closes")
    par_execute: Literal["next_frame", "frame_end", "at_once"] = _switch(
        "next_frame", "frame_end", "at_once", row="58", about="when onValueChange is called"
    )
    pulse: Literal["later", "at_once"] = _switch("later", "at_once", row="59", about="when onPulse is called")
    pulses: Literal["each", "merged"] = _switch("each", "merged", row="59", about="two pulses of one frame")
    built_in_pulse: Literal["at_once", "later"] = _switch(
        "at_once", "later", row="3.6", about="when a built-in pulse such as reinitextensions or clear acts"
    )
    dat_execute: Literal["as_set", "frame_start", "at_once"] = _switch(
        "as_set", "frame_start", "at_once", row="60", about="when onTableChange is called"
    )
    dat_execute_default: Literal["end", "start"] = _switch(
        "end", "start", row="5.2", about="default of the parameter `execute` of a DAT Execute"
    )
    dat_info: Literal["object", "dict"] = _switch("object", "dict", row="61", about="type of `info`")
    dat_added_cells: Literal["left_out", "included"] = _switch(
        "left_out", "included", row="61", about="whether cellsChanged holds the cells of added rows"
    )
    dat_arguments: Literal[3, 1] = _switch(3, 1, row="61", about="arguments that onTableChange is called with")
    # time, threads, dialogs
    frame_order: Literal["listed", "reversed", "rotated"] = _switch(
        "listed", "reversed", "rotated", row="5.4", about="order within each of the three groups of a frame"
    )
    frames_when_paused: Literal["run", "stop"] = _switch(
        "run", "stop", row="5.3", about="Execute DAT frame callbacks while the timeline is paused"
    )
    success_hook: Literal["nothing", "result"] = _switch(
        "nothing", "result", row="68", about="what SuccessHook is called with"
    )
    except_hook: Literal[1, 0, 3] = _switch(1, 0, 3, row="69", about="arguments of ExceptHook")
    refresh_hook: Literal["while_running", "once_more", "not_first"] = _switch(
        "while_running", "once_more", "not_first", row="70", about="RefreshHook at the ends of a task"
    )
    hook_error: Literal["next_hooks_come", "hooks_stop"] = _switch(
        "next_hooks_come", "hooks_stop", row="7.2", about="whether a hook that raises ends the hooks of its task"
    )
    pool_size: Literal[4, 1, 0] = _switch(4, 1, row="71", about="free threads of the shared pool", conditions=(0,))
    standalone: Literal["starts", "queued"] = _switch(
        "starts", row="7.2", about="a standalone task at the thread limit", conditions=("queued",)
    )
    thread_manager: Literal["present", "absent"] = _switch(
        "present", row="73", about="builds before 2023.31500 have no ThreadManager", conditions=("absent",)
    )
    closed_dialog: Literal[0, -1] = _switch(0, -1, row="76", about="messageBox closed by its window button")
    worker_import: Literal["allowed", "raises"] = _switch(
        "allowed", "raises", row="82", about="first import of a third-party module in a worker", joint=False
    )
    executable: Literal["python", "touchdesigner"] = _switch(
        "python", "touchdesigner", row="7.3", about="what sys.executable names", joint=False
    )
    label: str = field(default="", compare=False, metadata={"settings": ("",)})

    @classmethod
    def default(cls) -> "Unknowns":
        """Every field at its default."""
        return cls()

    @classmethod
    def variants(cls) -> list["Unknowns"]:
        """Each alternative setting singly, the default set not included."""
        return [
            replace(cls(), **{spec.name: setting}) for spec in _switches() for setting in spec.metadata["settings"][1:]
        ]

    @classmethod
    def conditions(cls) -> list["Unknowns"]:
        """Each condition singly."""
        return [replace(cls(), **{s.name: setting}) for s in _switches() for setting in s.metadata["conditions"]]

    @classmethod
    def all_alternatives(cls, which: int = 1) -> "Unknowns":
        """Every question answered by its `which`-th alternative (or its last, if it has fewer)."""
        chosen: dict[str, Any] = {}
        for spec in _switches():
            settings = spec.metadata["settings"]
            if spec.metadata["joint"] and len(settings) > 1:
                chosen[spec.name] = settings[min(which, len(settings) - 1)]
        return replace(cls(), **chosen, label=f"all-alternatives-{which}")

    @classmethod
    def eager(cls) -> "Unknowns":
        """Whatever can happen inside the call does."""
        return cls(par_execute="at_once", pulse="at_once", dat_execute="at_once", fifo_new_row="at_once", label="eager")

    @classmethod
    def late(cls) -> "Unknowns":
        """Whatever can be put off is."""
        return cls(
            on_init="next_frame",
            dat_execute="frame_start",
            pulses="merged",
            built_in_pulse="later",
            fifo_new_row="frame_end",
            refresh_hook="once_more",
            frame_order="reversed",
            load_events="fired",
            pool_size=1,
            label="late",
        )

    @classmethod
    def combined(cls) -> list["Unknowns"]:
        """A few sets of several alternatives at once."""
        return [cls.all_alternatives(1), cls.all_alternatives(2), cls.eager(), cls.late()]

    @classmethod
    def everything(cls) -> list["Unknowns"]:
        """The default, each variant and the combined sets: what a suite is parametrised with."""
        return [cls.default(), *cls.variants(), *cls.combined()]

    def differences(self) -> dict[str, Any]:
        """The fields that are not at their default."""
        return {s.name: getattr(self, s.name) for s in _switches() if getattr(self, s.name) != s.default}

    def __str__(self) -> str:
        if self.label:
            return self.label
        return (
            ",".join(f"{name}={value if value != '' else 'empty'}" for name, value in self.differences().items())
            or "default"
        )


def _switches() -> Iterator[Any]:
    return (spec for spec in fields(Unknowns) if spec.name != "label")
