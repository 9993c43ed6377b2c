"""What the agreement with three force-plate runners says about a fourth."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from scipy.stats import t as student

from validation.agreement import agreement
from validation.comparison import Comparison, Pair
from validation.measures import BY_NAME, Measure
from validation.references import FORCE_PLATE, Group
from validation.tables import number, short, table

NAMES: Final = ("initial_contact_s", "toe_off_s", "contact_time_s", "foot_strike_angle_deg", "stride_length_m")
PROXY: Final = {"foot": "rbds-noforce-foot", "shank": "rbds-noforce-shank"}
CONFIDENCE: Final = 0.95

INTRODUCTION: Final = """\
## What to expect of a new runner

Some constants were set on the three force-plate runners themselves: for the foot how contact is placed between two
marks (`HEEL_STOP_WEIGHT`), the level of toe-off (`TOE_OFF_LEVEL`) and where the foot is taken to be flat
(`FLAT_REFERENCE`), in `foot_events.py`; for the shank `CONTACT_USUAL`, `LOADING_TURN` and `LEAD`, in
`shank/contact.py` and `shank/toe_off.py`, on these and five more.
Each moves its event, or the angle, the same way for everyone, if not by quite the same amount. Setting it anew without
one runner is therefore close to adding a constant that makes the mean bias of the other two zero: *left out* is the
bias that then remains on that runner. How the shape of the methods was chosen, in sight of all three, it can't tell.
*Between* is the standard deviation of the runners' biases. *New runner* is the 95 % prediction interval for the bias
of one more runner, mean ± t SD √(1 + 1/n) with n − 1 degrees of freedom; for n = 3 that is ± 5.0 SD.
"""


def section(groups: Sequence[Group]) -> str:
    """Bias by runner, what is left of it without the runner's own data, and the interval for another runner."""
    rows, kept, left_out = [], [], []
    people: list[str] = []
    for site, names in FORCE_PLATE.items():
        by_runner = _by_runner([group for group in groups if group.name in names])
        people = people or sorted(by_runner)
        for measure in (BY_NAME[name] for name in NAMES):
            biases = {runner: measure.agreement(by_runner[runner]).bias for runner in people}
            if any(math.isnan(bias) for bias in biases.values()):
                continue
            without = {runner: bias - _mean_without(biases, runner) for runner, bias in biases.items()}
            if measure.unit == "ms":
                kept += list(biases.values())
                left_out += list(without.values())
            lower, upper, between = _new_runner(list(biases.values()))
            rows.append(
                (
                    site,
                    measure.label,
                    measure.unit,
                    *(number(biases[runner], measure) for runner in people),
                    *(number(without[runner], measure) for runner in people),
                    number(between, measure),
                    f"{number(lower, measure)} to {number(upper, measure)}",
                )
            )
    head = ("site", "metric", "unit", *(f"{runner}, bias" for runner in people))
    head += (*(f"{runner}, left out" for runner in people), "between", "new runner")
    ours, theirs = agreement(kept), agreement(left_out)
    return (
        f"{INTRODUCTION}\n{table(head, rows)}\n"
        f"The runners' biases of times are {ours.rmse:.1f} ms (root mean square) as the constants stand, and "
        f"{theirs.rmse:.1f} ms on a runner whose own data did not enter: the second is the one to go by. Three runners "
        "are too few to promise a fourth: where the interval of the last column is wider than a target, the target is "
        "not shown to hold for people whom nobody measured.\n\n" + _proxies(groups)
    )


def _proxies(groups: Sequence[Group]) -> str:
    rows = []
    for site, name in PROXY.items():
        for group in (group for group in groups if group.name == name):
            pairs = [pair for c in group.comparisons for pair in c.pairs]
            results = ((measure, measure.agreement(pairs)) for measure in (BY_NAME[name] for name in NAMES))
            rows += [(site, m.label, m.unit, str(result.n), short(result, m)) for m, result in results if result.n]
    return (
        "One of the three also ran at 3.5 m/s without a force plate. There contacts come from markers by another rule, "
        "so their bias is the difference of two rules; angle and length are sound.\n\n"
        + table(("site", "metric", "unit", "n", "bias ± SD"), rows)
    )


def _by_runner(groups: Sequence[Group]) -> Mapping[str, list[Pair]]:
    found: dict[str, list[Pair]] = {}
    for group in groups:
        for comparison in group.comparisons:
            found.setdefault(_runner(group, comparison), []).extend(comparison.pairs)
    return found


def _runner(group: Group, comparison: Comparison) -> str:
    """RBDS names its files by runner; the other source has one."""
    return "jdx" if group.name.startswith("jdx") else comparison.recording.split("_")[0]


def _mean_without(biases: Mapping[str, float], left_out: str) -> float:
    others = [bias for runner, bias in biases.items() if runner != left_out]
    return math.fsum(others) / len(others)


def _new_runner(biases: Sequence[float]) -> tuple[float, float, float]:
    result = agreement(biases)
    reach = float(student.ppf(0.5 + 0.5 * CONFIDENCE, result.n - 1)) * result.sd * math.sqrt(1.0 + 1.0 / result.n)
    return result.bias - reach, result.bias + reach, result.sd


def worst_left_out(groups: Sequence[Group], site: str, measure: Measure) -> float:
    """Largest bias, without sign, on a runner after the other runners' mean bias is taken off."""
    by_runner = _by_runner([group for group in groups if group.name in FORCE_PLATE[site]])
    biases = {runner: measure.agreement(pairs).bias for runner, pairs in by_runner.items()}
    return max(abs(bias - _mean_without(biases, runner)) for runner, bias in biases.items())
