"""Minimal shoes on the log: this week's share, and the whole plan with where its runner is."""

from typing import Final

from footfall_coaching.load import whole_km
from footfall_coaching.shoes import LAST_WEEK, MOST_WEEKLY_M, MinimalShare, planned_percent
from footfall_coaching.told import words_in
from footfall_dashboards.runner.html import said, section, text
from footfall_dashboards.runner.spoken import Spoken

_WEEKS_BEHIND: Final = 4
_SHOWN: Final = 6
"""Steps of the plan that are shown, from this week's on."""


def minimal_part(rule: MinimalShare, spoken: Spoken) -> str:
    """Return how much of this week's running may be in minimal shoes, why, and how the plan goes on."""
    behind = rule.weeks[-_WEEKS_BEHIND:]
    rows = "".join(
        f'<tr><th scope="row">{_name(len(behind) - number)}</th>'
        f"<td>{'–' if week.percent is None else f'{week.percent:.0f} %'}</td>"
        f"<td>{(spoken.way or whole_km)(week.distance_m)}</td><td>{'hurt' if week.hurt else 'none told'}</td></tr>"
        for number, week in enumerate(behind)
    )
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("Week", "In minimal shoes", "Run in all", "Calf to foot")
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    steps = range(rule.step, LAST_WEEK + 1)[:_SHOWN]
    ahead = ", ".join(f"{planned_percent(step):.0f} %" for step in steps)
    on = f"Step {rule.step} of {LAST_WEEK}. If each week is quiet and run as planned, it goes on so: {ahead}"
    rest = f"; 100 % at step {LAST_WEEK}." if rule.step + _SHOWN <= LAST_WEEK else "."
    most = (spoken.way or whole_km)(MOST_WEEKLY_M)
    why = (
        "The plan is that of a trial over 26 weeks (Fuller et al. 2017); in a quicker one, of ten weeks, 10 of 19 "
        "runners had bone oedema (Ridge et al. 2013). It is for who has decided to wear such shoes, and speaks neither "
        f"for nor against them. It is held above {most} a week, and takes a step back when "
        "calf, foot, shin or Achilles tendon hurts above what is green."
    )
    return section(
        "Minimal shoes, little by little",
        said(words_in(rule, spoken.way), "message"),
        said(on + rest),
        table,
        f"<details><summary>Where the plan comes from</summary><p>{text(why)}</p></details>",
        id="minimal",
    )


def _name(weeks_ago: int) -> str:
    return "Last week" if weeks_ago == 1 else f"{weeks_ago} weeks ago"
