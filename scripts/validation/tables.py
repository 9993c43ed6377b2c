"""How numbers and tables are written."""

import math
from collections.abc import Sequence

from validation.agreement import Agreement
from validation.measures import Measure


def cells(result: Agreement, measure: Measure) -> tuple[str, str, str, str]:
    """Count, bias, SD and limits; dashes where there is nothing."""
    if not result.n:
        return "–", "–", "–", "–"
    limits = f"{number(result.lower, measure)} to {number(result.upper, measure)}" if result.n > 1 else "–"
    return str(result.n), number(result.bias, measure), number(result.sd, measure), limits


def short(result: Agreement, measure: Measure) -> str:
    """Bias ± SD."""
    return f"{number(result.bias, measure)} ± {number(result.sd, measure)}" if result.n > 1 else "–"


def number(value: float, measure: Measure) -> str:
    """A number as its measure is written."""
    if math.isnan(value):
        return "–"
    text = f"{value:.{measure.decimals}f}"
    # no "-0.0", and a minus that looks like one
    return text.removeprefix("-") if float(text) == 0.0 else text.replace("-", "−")


def ratio(count: int, of: int) -> str:
    """A share with three decimals."""
    return f"{count / of:.3f}" if of else "–"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
