"""Write docs/metrics.md from the metric catalogue: `python scripts/metrics_table.py`."""

from pathlib import Path

from footfall_processing.metrics.catalogue import STRIDE_METRICS, Metric
from footfall_processing.metrics.session_catalogue import SESSION_METRICS, SessionMetric
from footfall_processing.results.spread import HELD, MOST_STEPS, finest_step

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"

INTRODUCTION = """\
# Metrics

What Footfall reports: first for each stride, then for windows and sessions. This page is made from the metric catalogue
(`processing/footfall_processing/metrics/`) by `python scripts/metrics_table.py`; change it there.

Footfall is no medical device. None of these numbers measures the load inside the body, and none predicts injury.

```
   IC                 toe-off                         next IC
   |----- stance -----|------------- swing -----------|
   |<- contact time ->|                               |
   |<----------------- stride time ------------------>|
```

IC is initial contact. A metric that a sensor can't support is null: the table says which sites (foot, shank) support
it, what else it needs (a gyroscope, to know the sensor's side, the runner's mass and height), and the sampling rate
below which it is not given. The step is the finest on which the values of long sessions are counted. Pages and tables
for people show durations in milliseconds; programs get them in seconds.

"""


EVENTS = """
# Initial contact, with other seeds

All times hang on initial contact. What follows is of 20 synthetic runs each, none of which anything was set on
(`python scripts/other_seeds.py`); people on force treadmills are in docs/validation.md.

- Shins, mean of a run: 3.5 to 6.7 ms late. The model's heel pad and soft tissue are a low pass (30 Hz, second order),
  which delays a shock by 7.5 ms. Stride time has an SD of 1.4 to 3.1 ms against the truth.
- Feet, landing on the heel: 4.2 to 5.2 ms late at 2.8 m/s, 2.8 to 3.4 ms at 5.2 m/s. On the forefoot: 4.3 ms early to
  0.3 ms late; single strides are farther off (SD of a run up to 7.7 ms).
- An accelerometer alone on the heel may take push-offs for landings until the gait changes: in 1 forefoot run of 20,
  and at 100 Hz in 1 rearfoot run of 20, which then lost 15 to 34 of 50 strides. The others lost 4 at most.
- A gyroscope that clips at 500 °/s moves the foot strike angle by up to 2.0° on the heel, but by 3 to 7° in up to 1.5 %
  of fast strides on the forefoot; at 400 °/s by up to 2.8° on the heel, and by 3 to 7° in up to 1.5 % of these.
"""

CLASSES = """
# Classes and flags of a stride

`strike` is the strike pattern (Altman & Davis 2012, doi:10.1016/j.gaitpost.2011.09.104), `strike_confidence` the chance
that the true one is of the same class. Foot sensors tell rearfoot, midfoot and forefoot by the foot strike angle. Shank
sensors tell, in running only, `rearfoot`, where the shank's greatest forward rate comes late after contact
(shank/strike.py), and null otherwise: an early one says nothing. The confidence is 0.8 to 0.88. Known error: virtual
sensors of eight runners, against the marker angle of the same stride: 381 of 383 right, 623 null, among them all of one
rearfoot runner and all of one who is none.

`backward` flags steps backwards. Foot sensors know by the way the foot travels and by how it turns: in any gait the
toes go down far more than up, which tells front from back even of who walks backwards from the first step on. Shank
sensors know by the knee, which bends one way only: over a stride the shank leans far more to the front than to the back
(shank_tibia.py). That needs a second of quiet standing beforehand; without it a shank sensor can't tell. After a change
of direction nothing is reported by it for some 4 s, until it sees that its swings go the other way; then most of those
strides are found looking back. How much of a session is told rightly is in validation/phases.md. Known error of the
shank, synthetic runner only (`python scripts/other_seeds.py`): 338 of 340 strides back out of a stand are flagged; in
half a minute backwards after walking or running forwards 1,039 of 1,065, in 6 s of it 133 of 160; no stride
forwards is lost after it or flagged.
"""

SESSIONS = f"""
# Of windows and sessions

What Footfall reports for a window (`10s`, `1min`, `5min`, `1km`) and for a session: of every metric above, for each
sensor and activity, the count, median, mean, 10th and 90th percentile, and what follows here. Strides of low confidence
and steps backwards are counted, and left out of these; clipped peaks are left out of the peaks' averages. With too few
strides a metric is left out.

Numbers of strides, means, standard deviations, sums and shares are exact however long the session. So are median, 10th
and 90th percentile of up to {HELD} strides of a sensor. Of more they are read off counts, on at most {MOST_STEPS}
steps, each a power of two and at least as long as the table above says under "step": at most one step off, which is at
most 13 % of the standard deviation for values that scatter normally, and mostly less than 1 % of it (docs/adr/0012).
"""


def page() -> str:
    """Return the whole page."""
    header = (
        "| metric | unit | sites | needs | from | plausible | step |\n| --- | --- | --- | --- | --- | --- | --- |\n"
    )
    rows = "".join(_row(metric) for metric in STRIDE_METRICS.values())
    details = "".join(_details(metric) for metric in STRIDE_METRICS.values())
    sessions = "".join(_session_details(metric) for metric in SESSION_METRICS.values())
    return INTRODUCTION + header + rows + details + EVENTS + CLASSES + SESSIONS + sessions


def _row(metric: Metric) -> str:
    sites = ", ".join(sorted(metric.sites))
    low, high = metric.valid_range
    return (
        f"| `{metric.name}` | {metric.unit or '–'} | {sites} | {_needs(metric)} "
        f"| {metric.min_rate_hz:g} Hz | {low:g} to {high:g} | {finest_step(metric.valid_range):.2g} |\n"
    )


def _needs(metric: Metric) -> str:
    needs = {"gyroscope": metric.needs_gyro, "its side": metric.needs_side, "mass and height": metric.needs_runner}
    return ", ".join(name for name, needed in needs.items() if needed) or "–"


def _details(metric: Metric) -> str:
    return (
        f"\n## {metric.label}\n\n`{metric.name}`. {metric.definition}\n\n"
        f"- Source: {metric.source}\n- Known error: {metric.known_error}\n"
        + (f"- Limits: {metric.limits}\n" if metric.limits else "")
    )


def _session_details(metric: SessionMetric) -> str:
    return (
        f"\n## {metric.label}\n\n`{metric.name}` [{metric.unit}]. {metric.definition}\n\n"
        f"- Source: {metric.source}\n- Needs: {metric.needs}\n- Known error: {metric.known_error}\n"
        f"- Limits: {metric.limits}\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
