"""What is to be cued in a run, and against what: by the programme, else by what the runner asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType
from typing import Final

from footfall_coaching.cues.cue import CueKind
from footfall_coaching.programme.baseline import Baseline
from footfall_coaching.programme.kind import (
    CADENCE_BAND,
    FARTHEST_CADENCE_PERCENT,
    LEAST_CADENCE_PERCENT,
    USUAL_IMPACT_PERCENT,
    ProgrammeKind,
    Target,
    is_same_speed,
    target_of,
)
from footfall_coaching.programme.sessions import SessionPlan
from footfall_coaching.programme.state import State
from footfall_coaching.try_out.plan import Cue, Kind, Plan
from footfall_processing.errors import InputError
from footfall_processing.metrics.catalogue import STRIDE_METRICS, Metric
from footfall_processing.session import Side

LIMITS: Final[Mapping[CueKind, tuple[float, float, str]]] = MappingProxyType(
    {
        CueKind.IMPACT: (1.0, 50.0, "g"),
        CueKind.CADENCE: (120.0, 240.0, "steps a minute"),
        CueKind.HEEL: (0.0, 99.0, "% of strides"),
        CueKind.ASYMMETRY: (0.0, 100.0, "% between the legs"),
    }
)
"""Targets that make sense, and their units."""


@dataclass(frozen=True, slots=True)
class ImpactAsked:
    """Impact of no more than a target.

    Parameters
    ----------
    metric
        What impact is here; `None` for what each sensor gives: along the shin on a shin, else that of the foot.
    target_g, own_g
        By leg: nothing is heard up to the target, and noise is loudest at the runner's own usual value.
    at_any_speed
        Whether the target holds however fast the runner is.
    """

    metric: Metric | None
    target_g: Mapping[Side | None, float]
    own_g: Mapping[Side | None, float]
    at_any_speed: bool = False


@dataclass(frozen=True, slots=True)
class CadenceAsked:
    """Cadence within a band, in steps a minute; a metronome gives the target."""

    target_spm: float
    low_spm: float
    high_spm: float


@dataclass(frozen=True, slots=True)
class AsymmetryAsked:
    """Left against right, no farther from the runner's own difference than it may be off, or than a limit.

    Parameters
    ----------
    own_percent
        The symmetry index of the usual runs: left less right in percent of their mean.
    own_error_percent
        How far that may be off.
    most_percent
        How far from the own one nothing is said.
    """

    metric: Metric
    own_percent: float
    own_error_percent: float
    most_percent: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """All that is cued in a run; what is `None` is not.

    Parameters
    ----------
    heel_percent
        More strides than this landing on the heel are told.
    own_speed_mps
        The speed that targets are for; `None` where nobody knows it.
    tones
        Impact as a tone per leg, in place of noise.
    session
        The programme's session, which says when cues are on; `None` for always.
    why_not
        What in this run is not as it was asked for, in ready sentences.
    """

    impact: ImpactAsked | None = None
    cadence: CadenceAsked | None = None
    heel_percent: float | None = None
    asymmetry: AsymmetryAsked | None = None
    own_speed_mps: float | None = None
    tones: bool = False
    session: SessionPlan | None = None
    why_not: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be cued."""
        return self.impact is None and self.cadence is None and self.heel_percent is None and self.asymmetry is None


@dataclass(frozen=True, slots=True)
class OwnValues:
    """A runner's own values, as far as they are known; where one is not, the words say why.

    `impact` and `cadence` are what `programme.baseline_of` returns.
    """

    impact: Baseline | str
    cadence: Baseline | str


def by_programme(state: State, session: SessionPlan | None, *, tones: bool = False) -> Asked:
    """Return what a programme asks for in a session, or in a block of a try-out where `session` is `None`."""
    begun = state.begun
    return of_target(target_of(begun.kind, begun.percent), begun.baseline, session, tones=tones)


def of_target(target: Target, baseline: Baseline, session: SessionPlan | None = None, *, tones: bool = False) -> Asked:
    """Return what a target asks for, against a runner's own values."""
    if target.kind is ProgrammeKind.IMPACT:
        own = {leg.side: leg.value for leg in baseline.legs}
        target_g = {side: target.band(value)[1] for side, value in own.items()}
        impact = ImpactAsked(STRIDE_METRICS[baseline.metric_name], target_g, own)
        return Asked(impact=impact, own_speed_mps=baseline.speed_mps, tones=tones, session=session)
    own_spm = own_cadence_spm(baseline)
    low, high = target.band(own_spm)
    cadence = CadenceAsked(own_spm * target.percent / 100.0, low, high)
    return Asked(cadence=cadence, own_speed_mps=baseline.speed_mps, session=session)


def by_try_out(plan: Plan, own: OwnValues, *, tones: bool = False) -> Asked:
    """Return what a try-out's cued parts ask for: the usual target; nothing where its cue is nothing to be heard."""
    if plan.kind is not Kind.BLOCKS or plan.cue is Cue.CONDITION:
        return Asked()
    kind = ProgrammeKind.IMPACT if plan.cue is Cue.IMPACT else ProgrammeKind.CADENCE
    baseline = own.impact if plan.cue is Cue.IMPACT else own.cadence
    if isinstance(baseline, str):
        return Asked(why_not=(f"The cue that is tried can't be given. {baseline}",))
    return of_target(target_of(kind), baseline, tones=tones)


def by_wish(
    kinds: Iterable[CueKind],
    targets: Mapping[CueKind, float],
    own: OwnValues,
    own_speed_mps: float | None = None,
    *,
    tones: bool = False,
) -> Asked:
    """Return what a runner asks for; targets that are not given come from the own values.

    Parameters
    ----------
    targets
        Impact in g, cadence in steps a minute, heel landings and the legs' difference in percent.
    own_speed_mps
        The speed that they are for, where it is not that of the own values. An impact that is given without one is for
        any speed.

    Raises
    ------
    InputError
        For a target that makes no sense, or heel landings without one: there is no usual one.
    """
    wanted = list(dict.fromkeys(kinds))
    for kind, value in targets.items():
        low, high, unit = LIMITS[kind]
        if kind not in wanted:
            raise InputError(f"a target for {kind} is given, and no cue: ask for it too (--cue {kind})")
        if not low <= value <= high:
            raise InputError(f"a target of {value:g} for {kind} is not within {low:g} and {high:g} {unit}")
    if CueKind.HEEL in wanted and CueKind.HEEL not in targets:
        raise InputError(
            "how many strides may land on the heel is yours to say (--target heel=50): no share is known to be better"
        )
    why_not: list[str] = []
    impact, asymmetry, cadence = None, None, None
    speeds_mps = [one.speed_mps for one in (own.impact, own.cadence) if isinstance(one, Baseline)]
    speed_mps = own_speed_mps if own_speed_mps is not None else next(iter(speeds_mps), None)
    if CueKind.IMPACT in wanted:
        if CueKind.IMPACT in targets:
            target_g = targets[CueKind.IMPACT]
            own_g = 100.0 * target_g / USUAL_IMPACT_PERCENT
            impact = ImpactAsked(None, {None: target_g}, {None: own_g}, at_any_speed=own_speed_mps is None)
        elif isinstance(own.impact, Baseline):
            impact = of_target(target_of(ProgrammeKind.IMPACT), own.impact).impact
        else:
            why_not.append(f"Impact is not cued. {own.impact} Or give a target: --target impact=6 for 6 g.")
    if CueKind.CADENCE in wanted:
        if CueKind.CADENCE in targets:
            target_spm = _capped_spm(targets[CueKind.CADENCE], own.cadence, speed_mps)
            if target_spm != targets[CueKind.CADENCE]:
                why_not.append(
                    f"Not {targets[CueKind.CADENCE]:.0f} steps a minute but {target_spm:.0f}: the metronome stays 5 to "
                    "10 % above your own cadence at this speed."
                )
            band_spm = target_spm * CADENCE_BAND / 100.0
            cadence = CadenceAsked(target_spm, target_spm - band_spm, target_spm + band_spm)
        elif isinstance(own.cadence, Baseline):
            cadence = of_target(target_of(ProgrammeKind.CADENCE), own.cadence).cadence
        else:
            why_not.append(f"Cadence is not cued. {own.cadence} Or give target and speed.")
        if cadence is not None and speed_mps is None:
            why_not.append("Cadence is not cued: it rises with speed, and the speed it is for is not known.")
            cadence = None
    if CueKind.ASYMMETRY in wanted:
        found = own_asymmetry(own.impact, targets.get(CueKind.ASYMMETRY, 0.0))
        if found is None:
            reason = own.impact if isinstance(own.impact, str) else "Both legs need a sensor."
            why_not.append(f"Left and right are not cued against your own difference. {reason}")
        asymmetry = found
    return Asked(impact, cadence, targets.get(CueKind.HEEL), asymmetry, speed_mps, tones=tones, why_not=tuple(why_not))


def _capped_spm(target_spm: float, own: Baseline | str, speed_mps: float | None) -> float:
    """Return a target that is 5 to 10 % above the own cadence, where that is known for its speed."""
    if isinstance(own, str) or speed_mps is None or not is_same_speed(speed_mps, own.speed_mps):
        return target_spm
    own_spm = own_cadence_spm(own)
    low, high = (own_spm * percent / 100.0 for percent in (LEAST_CADENCE_PERCENT, FARTHEST_CADENCE_PERCENT))
    return min(max(target_spm, low), high)


def own_cadence_spm(baseline: Baseline) -> float:
    """Return the own cadence of both legs together."""
    return fmean(leg.value for leg in baseline.legs)


def own_asymmetry(baseline: Baseline | str, most_percent: float) -> AsymmetryAsked | None:
    """Return how the legs differ in a runner's usual runs; `None` where these don't have both."""
    if isinstance(baseline, str):
        return None
    legs = {leg.side: leg for leg in baseline.legs}
    left, right = legs.get(Side.LEFT), legs.get(Side.RIGHT)
    if left is None or right is None:
        return None
    half_widths = [50.0 * (leg.high - leg.low) / leg.value for leg in (left, right)]
    return AsymmetryAsked(
        STRIDE_METRICS[baseline.metric_name],
        200.0 * (left.value - right.value) / (left.value + right.value),
        sum(half**2 for half in half_widths) ** 0.5,
        most_percent,
    )
