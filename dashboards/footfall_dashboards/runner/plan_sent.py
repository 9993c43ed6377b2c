"""A form of the plan that could not be kept: which, what it held, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent and why it is not kept; nothing by default."""

    do: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""

    def given(self, do: str) -> Mapping[str, str]:
        """Return what the form of this name held; nothing where another was sent, or none."""
        return self.fields if self.do == do else {}

    def opens(self, do: str) -> str:
        """Return what opens the details that the form stands in."""
        return " open" if self.do == do else ""
