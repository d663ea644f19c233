"""Expressions that grey parameters out: evaluated as TouchDesigner does, and said in words."""

import itertools
from pathlib import Path

import pytest

import component_model
import enable_rule
from headless_td import Host

LABELS = {"Host": "Emulator Host", "Key": "Key File", "Cache": "Enable Cache", "Count": "Count"}


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("me.par.Cache", "*Enable Cache* is on"),
        ("not me.par.Cache", "*Enable Cache* is off"),
        ("me.par.Host == ''", "*Emulator Host* is empty"),
        ("me.par.Host != ''", "*Emulator Host* is set"),
        ("me.par.Count > 1", "*Count* is above 1"),
        ("me.par.Host == '' and me.par.Key == ''", "*Emulator Host* is empty and *Key File* is empty"),
        ("me.par.Host != '' or me.par.Cache", "*Emulator Host* is set or *Enable Cache* is on"),
    ],
)
def test_expression_is_said_in_words(expression: str, words: str) -> None:
    assert enable_rule.words(expression, LABELS) == words


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("me.par.Count >", "is no Python expression"),
        ("parent().par.Count", r"has parent\(\).par.Count where a parameter"),
        ("me.par.Count in (1, 2)", "where a parameter"),
        ("me.par.Host == me.par.Key", "compares with me.par.Key"),
        ("me.par.Cache == True", "compares with True"),
        ("me.par.Count.eval() > 1", "where a parameter"),
    ],
)
def test_other_forms_are_refused(expression: str, complaint: str) -> None:
    with pytest.raises(enable_rule.EnableError, match=complaint):
        enable_rule.names(expression)


@pytest.mark.parametrize("name", component_model.names())
def test_every_expression_of_the_components_means_the_same_in_the_host(name: str, tmp_path: Path) -> None:
    """For every combination of the values that an expression can tell apart."""
    described = component_model.load(name)
    by_name = {parameter.name: parameter for parameter in described.parameters}
    with Host(tmp_path) as host:
        comp = host.op("/project1").create("baseCOMP", "subject")
        page = comp.appendCustomPage("All")
        for parameter in described.parameters:
            getattr(page, f"append{parameter.style}")(parameter.name)[0].enableExpr = parameter.enable
        for parameter in described.parameters:
            asked = sorted(enable_rule.names(parameter.enable)) if parameter.enable else []
            choices = [(False, True) if by_name[one].style == "Toggle" else ("", "some") for one in asked]
            for values in itertools.product(*choices):
                for one, value in zip(asked, values, strict=True):
                    comp.par[one].val = value
                usable = not asked or enable_rule.holds(parameter.enable, dict(zip(asked, values, strict=True)))
                assert comp.par[parameter.name].enable == usable, (parameter.name, asked, values)
