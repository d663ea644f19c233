"""Compares a component in the headless host with its description, as the self-test in TouchDesigner does."""

from collections.abc import Mapping
from typing import Any

from in_td.described import points


def deviations(comp: Any, description: Mapping[str, Any]) -> list[str]:
    """Every point in which the component is not as described; none for a component that is."""
    return [point.sentence for point in points(comp, description) if not point.holds]
