"""What is told of a study before it begins: what is done, by which rules, and what it can see.

How values vary is assumed where its file does not say. From run to run it is the try-out's assumption; how runners
differ, and how they change by themselves within weeks, is our design's guess, and no trial's.
"""

import math
from collections.abc import Mapping
from typing import Final

from footfall_coaching.light_rule import Colour
from footfall_coaching.studies.course import BEFORE
from footfall_coaching.studies.file import Design, Measure, StudyFile
from footfall_coaching.studies.together import found_of_100
from footfall_coaching.try_out.beforehand import PAIN_SCATTER, RUN_SCATTER
from footfall_coaching.try_out.permutation import EXPECTED_RISE
from footfall_coaching.try_out.plan import MOST_GOES
from footfall_coaching.try_out.power import LEAST_SCATTER
from footfall_coaching.try_out.result import seen_words

RUN_TO_RUN: Final[Mapping[Measure, float]] = {
    Measure.PAIN: PAIN_SCATTER,
    Measure.IMPACT: RUN_SCATTER,
    Measure.CADENCE: 0.015,
}
RUNNER_TO_RUNNER: Final[Mapping[Measure, float]] = {Measure.PAIN: 1.5, Measure.IMPACT: 0.25, Measure.CADENCE: 0.05}
"""Of runners' means."""
BY_ITSELF: Final[Mapping[Measure, float]] = {Measure.PAIN: 1.0, Measure.IMPACT: 0.08, Measure.CADENCE: 0.02}
"""Of how a runner's mean changes within weeks."""
SIZES: Final[Mapping[Measure, tuple[float, ...]]] = {
    Measure.PAIN: (-2.0, -1.0, -0.5),
    Measure.IMPACT: (-0.15, -0.10, -0.05),
    Measure.CADENCE: (0.05, 0.02),
}
PHASES: Final = {"during": "in the run", "after": "after the run", "morning": "on the next morning"}


def design_words(file: StudyFile) -> list[str]:
    """Say what is done and by which rules, a paragraph each."""
    joining, stopping = file.joining, file.stopping
    usual, tried = file.conditions
    half = file.runs // 2
    if file.design is Design.ALTERNATING:
        what = (
            f"{counted(file.runners, 'runner')}, each with {file.runs} runs: {half} {usual} and {half} {tried}, in an "
            f"order of each runner's own. In every {file.blocks[0]} runs there are as many of both; a runner is told "
            f"on the day which it is. A day without a run is taken up again as it was drawn, {MOST_GOES} days at most; "
            f"then that run is left out."
        )
    else:
        sizes = " or ".join(map(str, file.blocks))
        before = "" if not joining.runs_before else ", each held against the runs of the six weeks before"
        what = (
            f"{counted(file.runners, 'runner')}, half of them run {usual} and half {tried}, drawn as they join in "
            f"blocks of {sizes}; of each the first {counted(file.runs, 'run')} after joining count{before}."
        )
    days = "green days" if joining.light is Colour.GREEN else "green and amber days"
    needs = [f"only on {days}"]
    if joining.runs_before:
        needs.append(
            f"with {joining.runs_before} runs of the last {BEFORE.days // 7} weeks in which {file.primary} is known"
        )
    if joining.least_pain:
        needs.append(f"with a mean pain of {joining.least_pain:g} of 10 or more in these")
    confirmed = f" Its organiser confirms: {'; '.join(joining.confirm)}." if joining.confirm else ""
    limit = stopping.study_after_runners
    after = stopping.runner_after_red_runs
    all_stop = f"; the study stops once {counted(limit, 'runner')} stopped so" if limit is not None else ""
    return [
        what,
        f"It is judged by {measure_words(file, file.primary)} alone.{_beside_words(file)}",
        f"Runners join {', '.join(needs)}. For it, too, they run only on {days}.{confirmed}",
        f"A runner stops after {counted(after, 'run')} with a red light{all_stop}. Its last day is "
        f"{file.ends.isoformat()}. What was drawn is hidden until all are done, or it ends; opened before, for a "
        f"reason that is kept, it is over.",
    ]


def power_words(file: StudyFile) -> str:
    """Say what the study can see of its primary measure, if nobody leaves."""
    measure, is_runs = file.primary, file.design is Design.ALTERNATING
    run_sd, runner_sd = scatters(file)
    between = "" if is_runs else f", and from runner to runner by {_amount(measure, runner_sd)}"
    known = file.assumed.run_to_run is not None and (is_runs or file.assumed.runner_to_runner is not None)
    whose = "as its file says" if known else "as is assumed"
    told = (
        f"What it can see: where {measure} varies from run to run by {_amount(measure, run_sd)}{between}, {whose}, "
        f"{seen_words((size_words(measure, size), _found(file, size)) for size in SIZES[measure])}."
    ).replace("tests", "studies")
    if is_runs and file.runners > 1:
        size = SIZES[measure][1]
        alone = found_of_100(file.groups, 1, change_of(measure, size) / run_sd)
        told += f" Of one runner alone, {size_words(measure, size)} is found in {alone}."
    return told + " Each runner who leaves takes something off that."


def scatters(file: StudyFile) -> tuple[float, float]:
    """Return how the primary measure varies from run to run, and from runner to runner, on the scale of the test."""
    measure, assumed = file.primary, file.assumed
    runner_sd = (BY_ITSELF if file.joining.runs_before else RUNNER_TO_RUNNER)[measure]
    return assumed.run_to_run or RUN_TO_RUN[measure], assumed.runner_to_runner or runner_sd


def measure_words(file: StudyFile, measure: Measure) -> str:
    """Return what a measure is called within a sentence."""
    if measure is Measure.PAIN and file.pain_of is not None:
        return f"pain of the {file.pain_of.words} {PHASES[file.pain_when]}"
    return f"{measure} at the usual speed"


def change_of(measure: Measure, size: float) -> float:
    """Return a change on the scale of the test: pain in points, the others as logarithms of a ratio."""
    return size if measure is Measure.PAIN else math.log1p(size)


def _found(file: StudyFile, size: float) -> int:
    run_sd, runner_sd = scatters(file)
    if file.primary is Measure.PAIN:
        run_sd = math.hypot(run_sd, LEAST_SCATTER)  # it is told in whole numbers
    change = change_of(file.primary, size)
    if file.design is Design.ALTERNATING:
        return found_of_100(file.groups, file.runners, change / run_sd, EXPECTED_RISE)
    before = file.joining.runs_before
    of_means = run_sd**2 / file.runs + (run_sd**2 / before if before else 0.0)
    block = min(file.blocks)
    return found_of_100((block,) * (file.runners // block), 1, change / math.sqrt(runner_sd**2 + of_means), 0.0)


def _beside_words(file: StudyFile) -> str:
    if not file.beside:
        return ""
    names = " and ".join(measure_words(file, one) for one in file.beside)
    return f" {names[0].upper()}{names[1:]} is told beside it, with a chance of its own, and decides nothing."


def _amount(measure: Measure, sd: float) -> str:
    return f"{sd:g} of 10" if measure is Measure.PAIN else f"{100.0 * sd:g} %"


def size_words(measure: Measure, size: float) -> str:
    """Write the size of a change, in points or percent."""
    amount = f"{abs(size):g}" if measure is Measure.PAIN else f"{100.0 * abs(size):g} %"
    return f"{amount} {'less' if size < 0.0 else 'more'}"


def counted(count: int, what: str) -> str:
    """Write how many of something there are."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
