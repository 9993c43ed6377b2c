"""What the agreement with the force-plate runners says about one more."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scipy.stats import t as student

from validation.agreement import agreement
from validation.comparison import Pair
from validation.measures import BY_NAME, Measure
from validation.references import ALL_FORCE_PLATE, Group
from validation.tables import number, short, table

NAMES: Final = ("initial_contact_s", "toe_off_s", "contact_time_s", "foot_strike_angle_deg", "stride_length_m")
PROXY: Final = {"foot": "rbds-noforce-foot", "shank": "rbds-noforce-shank"}
CONFIDENCE: Final = 0.95
LEAST_RUNNERS: Final = 3
"""Fewer say nothing of how runners differ."""

INTRODUCTION: Final = """\
## What to expect of a new runner

Some constants of the estimators were set in sight of these runners. Each moves its event, or the angle, the same way
for everyone, if not by quite the same amount. Setting it anew without one runner is therefore close to adding a
constant that makes the mean bias of the others zero: *left out* is the bias that then remains on that runner. How the
shape of the methods was chosen, in sight of the runners, it can't tell. *Between* is the standard deviation of the
runners' biases. *New runner* is the 95 % prediction interval for the bias of one more runner, mean ± t SD √(1 + 1/n)
with n − 1 degrees of freedom.
"""


@dataclass(frozen=True, slots=True)
class Runners:
    """The biases of one measure at one site, runner by runner.

    Parameters
    ----------
    biases
        Of each runner, in the measure's unit.
    """

    biases: Mapping[str, float]

    @property
    def mean(self) -> float:
        """Mean of the runners' biases."""
        return agreement(self.biases.values()).bias

    @property
    def between(self) -> float:
        """Standard deviation of the runners' biases."""
        return agreement(self.biases.values()).sd

    @property
    def worst(self) -> float:
        """The bias farthest from zero."""
        return max(self.biases.values(), key=abs)

    @property
    def typical(self) -> float:
        """Root mean square of the runners' biases."""
        return agreement(self.biases.values()).rmse

    @property
    def left_out(self) -> dict[str, float]:
        """What is left of each runner's bias once the mean of the others' is taken off."""
        return {
            runner: bias - agreement(other for name, other in self.biases.items() if name != runner).bias
            for runner, bias in self.biases.items()
        }

    @property
    def new_runner(self) -> tuple[float, float]:
        """95 % prediction interval for the bias of one more runner."""
        found = agreement(self.biases.values())
        reach = float(student.ppf(0.5 + 0.5 * CONFIDENCE, found.n - 1)) * found.sd * math.sqrt(1.0 + 1.0 / found.n)
        return found.bias - reach, found.bias + reach


def runners(groups: Sequence[Group], site: str, measure: Measure) -> Runners | None:
    """Return the force-plate runners' biases; `None` with fewer than `LEAST_RUNNERS` that have one."""
    biases = {
        runner: measure.agreement(pairs).bias
        for runner, pairs in pairs_by_runner(groups, site).items()
        if measure.agreement(pairs).n
    }
    return Runners(biases) if len(biases) >= LEAST_RUNNERS else None


def pairs_by_runner(groups: Sequence[Group], site: str) -> dict[str, list[Pair]]:
    """Return the pairs of strides of each runner on a force plate."""
    found: dict[str, list[Pair]] = {}
    for group in (group for group in groups if group.name in ALL_FORCE_PLATE[site]):
        for runner, recordings in group.by_person().items():
            found.setdefault(runner, []).extend(pair for comparison, _ in recordings for pair in comparison.pairs)
    return found


def section(groups: Sequence[Group]) -> str:
    """Bias by runner, what is left of it without the runner's own data, and the interval for another runner."""
    rows, kept, left_out = [], [], []
    people = sorted({runner for site in ALL_FORCE_PLATE for runner in pairs_by_runner(groups, site)})
    for site in ALL_FORCE_PLATE:
        for measure in (BY_NAME[name] for name in NAMES):
            found = runners(groups, site, measure)
            if found is None:
                continue
            without = found.left_out
            if measure.unit == "ms":
                kept += list(found.biases.values())
                left_out += list(without.values())
            rows.append(
                (
                    site,
                    measure.label,
                    measure.unit,
                    *(number(found.biases.get(runner, math.nan), measure) for runner in people),
                    number(found.mean, measure),
                    number(found.between, measure),
                    number(agreement(without.values()).rmse, measure),
                    number(max(without.values(), key=abs), measure),
                    " to ".join(number(end, measure) for end in found.new_runner),
                )
            )
    head = ("site", "metric", "unit", *people, "mean", "between", "left out, RMS", "left out, worst", "new runner")
    ours, theirs = agreement(kept), agreement(left_out)
    return (
        f"{INTRODUCTION}\nBias of each runner:\n\n{table(head, rows)}\n"
        f"The runners' biases of times are {ours.rmse:.1f} ms (root mean square) as the constants stand, and "
        f"{theirs.rmse:.1f} ms on a runner whose own data did not enter: the second is the one to go by. {len(people)} "
        "runners are few: where the interval of the last column is wider than a target, the target is not shown to "
        "hold for people whom nobody measured.\n\n" + _proxies(groups)
    )


def _proxies(groups: Sequence[Group]) -> str:
    rows = []
    for site, name in PROXY.items():
        for group in (group for group in groups if group.name == name):
            pairs = [pair for c in group.comparisons for pair in c.pairs]
            results = ((measure, measure.agreement(pairs)) for measure in (BY_NAME[name] for name in NAMES))
            rows += [(site, m.label, m.unit, str(result.n), short(result, m)) for m, result in results if result.n]
    return (
        "One of them also ran at 3.5 m/s without a force plate. There contacts come from markers by another rule, "
        "so their bias is the difference of two rules; angle and length are sound.\n\n"
        + table(("site", "metric", "unit", "n", "bias ± SD"), rows)
    )
