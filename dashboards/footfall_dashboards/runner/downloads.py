"""What of a run can be taken along to other tools."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from footfall_coaching.run import Run
from footfall_dashboards.runner.html import link, part, text


@dataclass(frozen=True, slots=True)
class Download:
    """A kind of file that a run can be had as.

    Parameters
    ----------
    name
        What the link says, plain text.
    path
        Gives the path of a run's file; what stands in it from outside is quoted.
    """

    name: str
    path: Callable[[Run], str]


OFFERED: Final[Sequence[Download]] = (
    Download("Minutes as CSV", lambda run: f"/runs/{part(run.session_id)}/minutes.csv"),
)
"""All kinds, in the order in which they are shown."""


def downloads(run: Run) -> str:
    """Return the links to a run's files."""
    links = " ".join(
        f'<a download href="{link(one.path(run), run.runner_name)}">{text(one.name)}</a>' for one in OFFERED
    )
    return f'<p class="downloads">Take it along: {links}</p>' if links else ""
