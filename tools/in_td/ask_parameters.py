"""Questions about parameters."""

from typing import Any

import td
from in_td.ask import question
from in_td.room import Room, attempt


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
