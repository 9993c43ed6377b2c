"""What the tests cost in processor time: theirs and their programs', which other work on the computer hardly changes.

It is told and not enforced, as one computer's second is another's half: what grows is seen before it hurts.
"""

import os
import resource
from collections import defaultdict
from collections.abc import Generator
from operator import itemgetter
from pathlib import Path
from typing import Final

import pytest

BUDGET_S: Final = 1300.0
"""Of all tests together: what two do in the fourteen minutes that a run may take, less the time they wait."""
DEAREST: Final = 10
ALL_TO: Final = "TEST_COSTS"
"""Names a file that gets the cost of every test, the dearest first."""
WORTH_TELLING_S: Final = 30.0
COST: Final = "cpu_s"


def spent_s() -> float:
    """Processor time of this process and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


class CpuTime:
    """Plugin of pytest: notes what each test costs, and tells the dearest ones at the end.

    What tests share counts for the one that came first. Workers note, and the one who hands out the work adds up.
    """

    def __init__(self) -> None:
        self._counted_s = spent_s()
        self._cost_s: dict[str, float] = defaultdict(float)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note what one step of a test has cost."""
        report = yield
        now_s = spent_s()
        report.user_properties.append((COST, now_s - self._counted_s))
        self._counted_s = now_s
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up."""
        for name, value in report.user_properties:
            if name == COST and isinstance(value, float):
                self._cost_s[report.nodeid] += value

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell."""
        total_s = sum(self._cost_s.values())
        ordered = sorted(self._cost_s.items(), key=itemgetter(1), reverse=True)
        if os.environ.get(ALL_TO):
            Path(os.environ[ALL_TO]).write_text("".join(f"{cost_s:8.3f} s  {nodeid}\n" for nodeid, cost_s in ordered))
        if total_s < WORTH_TELLING_S:
            return
        terminalreporter.section(f"processor time: {total_s:.0f} s of {BUDGET_S:.0f} s; the dearest {DEAREST}")
        for nodeid, cost_s in ordered[:DEAREST]:
            terminalreporter.line(f"{cost_s:6.1f} s  {nodeid}")
        if total_s > BUDGET_S:
            terminalreporter.line(
                "MORE THAN THE BUDGET: make tests cheaper, or say in tests/cpu_time.py why not", red=True
            )
