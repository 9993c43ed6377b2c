"""Have the signal processing ready before a session begins: `python -m footfall_gateway.commands.preparation`."""

from collections.abc import Iterable, Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from footfall_gateway import console, machine_code
from footfall_gateway.say import Say
from footfall_processing.estimators.base import Estimator
from footfall_processing.estimators.registry import BUILT_IN, choose
from footfall_processing.session import Sensor


def prepare_processing(sensors: Iterable[Sensor] | None = None, say: Say = console.remark) -> None:
    """Load the compiled signal processing that these sensors need, or that any may need.

    What set-up has not compiled is compiled first: a line says so, and in a terminal a bar counts the kernels.
    """
    estimators = BUILT_IN if sensors is None else tuple(dict.fromkeys(choose(sensor) for sensor in sensors))
    remark = wait_ahead(estimators)
    if remark is None:
        machine_code.make_ready(estimators)
        return
    say(remark)
    screen = console.stderr_console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bars:
        task = bars.add_task("Compiling kernels", total=len(machine_code.kernels_to_compile(estimators)))

        def one_more() -> None:
            # two that are compiled at once each compile what they share
            if not bars.finished:
                bars.advance(task)

        machine_code.make_ready(estimators, one_more)


def wait_ahead(estimators: Sequence[Estimator] = BUILT_IN) -> str | None:
    """Say why the signal processing takes a while to get ready; `None` when it does not."""
    kept = [machine_code.is_kept(estimator) for estimator in estimators]
    if all(kept):
        return None
    where = machine_code.kernel_folder().parent
    how_often = f"at each start, as {where} can't be written" if None in kept else "this once"
    return f"compiling the signal processing, {how_often}; it takes about half a minute ..."


if __name__ == "__main__":
    prepare_processing()
