"""Live cues: what is heard at which landing, and what keeps quiet."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall_coaching.answers import PainSite
from footfall_coaching.cues.asked import Asked, CadenceAsked, ImpactAsked, OwnValues, by_try_out, by_wish, of_target
from footfall_coaching.cues.board import Held
from footfall_coaching.cues.cue import LOUDEST, Cue, CueKind, Sound
from footfall_coaching.cues.live import BEAT_LASTS_S, QUIET_S, TOO_FAST, TOO_SLOW, LiveCues, LiveEvent
from footfall_coaching.cues.track import FIRST_STRIDES, SETTLED_S
from footfall_coaching.programme.baseline import Baseline, LegBaseline
from footfall_coaching.programme.kind import ProgrammeKind, target_of
from footfall_coaching.programme.sessions import session_plan
from footfall_coaching.try_out.events import Begun, Ended, PartBegun, PartDone, Why
from footfall_coaching.try_out.plan import Cue as TriedCue
from footfall_coaching.try_out.plan import Kind, Plan, across_runs, eight_blocks, recall_check
from footfall_processing.companions import TREADMILL_SPEED, CompanionReading
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Impact, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import PEAK_ACC
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.units import STANDARD_GRAVITY_MPS2

STRIDE_S = 0.7
SENSORS = tuple(Sensor(f"foot-{side}", Placement.FOOT, side, 200.0) for side in Side)
OWN = Baseline(
    PEAK_ACC.name,
    3.0,
    (LegBaseline(Side.LEFT, 10.0, 9.9, 10.1, 300), LegBaseline(Side.RIGHT, 10.0, 9.9, 10.1, 300)),
    90.0,
    3,
)
CADENCE = Baseline("cadence_spm", 3.0, (LegBaseline(None, 160.0, 159.0, 161.0, 300),), 90.0, 3)
IMPACT = of_target(target_of(ProgrammeKind.IMPACT), OWN)


def landing(side: Side, at_s: float, peak_g: float, told: float = 0.9) -> Impact:
    """What is told at once is a little less than what the stride comes to."""
    return Impact(f"foot-{side}", side, at_s + 0.01, told * peak_g * STANDARD_GRAVITY_MPS2, clipped=False)


def stride(side: Side, at_s: float, peak_g: float, stride_s: float = STRIDE_S) -> Stride:
    return Stride(
        f"foot-{side}",
        side,
        Activity.RUN,
        at_s,
        at_s + 0.25,
        at_s + stride_s,
        peak_acc_mps2=peak_g * STANDARD_GRAVITY_MPS2,
        strike=Strike.REARFOOT,
        stride_length_m=3.0 * stride_s,
    )


def run(
    left_g: Sequence[float], right_g: Sequence[float], begin_s: float = 0.0, stride_s: float = STRIDE_S
) -> list[LiveEvent]:
    """A run in the order in which the engine tells it: landings at once, strides a quarter of a second late."""
    told: list[tuple[float, LiveEvent]] = []
    for side, peaks_g, offset_s in ((Side.LEFT, left_g, 0.0), (Side.RIGHT, right_g, 0.5 * stride_s)):
        for number, peak_g in enumerate(peaks_g):
            at_s = begin_s + offset_s + number * stride_s
            told.append((at_s + 0.03, landing(side, at_s, peak_g)))
            told.append((at_s + stride_s + 0.25, stride(side, at_s, peak_g, stride_s)))
    return [item for _, item in sorted(told, key=lambda one: one[0])]


def heard(asked: Asked, events: Sequence[LiveEvent]) -> list[Cue]:
    cues = LiveCues(SENSORS, asked)
    return [cue for event in events for cue in cues.push(event)]


def changes(cues: Sequence[Cue]) -> list[int]:
    steps = [cue.step for cue in cues if cue.sound is Sound.NOISE]
    return steps[:1] + [after for before, after in pairwise(steps) if before != after]


def test_noise_rises_in_six_steps_with_the_mean_of_five_strides_of_the_worse_leg() -> None:
    # own 10 g, target 8 g: a step each 0.4 g
    left_g = [7.0] * 20 + [8.2] * 8 + [8.6] * 8 + [9.0] * 8 + [9.4] * 8 + [12.0] * 8 + [7.0] * 12
    cues = heard(IMPACT, run(left_g, [6.5] * len(left_g)))
    assert changes(cues)[:5] == [1, 2, 3, 4, 5]
    assert changes(cues)[-1] == 0
    assert {cue.side for cue in cues if cue.step} == {Side.LEFT}
    assert max(cue.step for cue in cues) == LOUDEST


def test_a_landings_peak_is_turned_into_what_its_stride_will_come_to() -> None:
    # told as 0.9 of it: taken as they are, 8.5 g would be within the target of 8
    assert any(cue.step for cue in heard(IMPACT, run([8.5] * 25, [7.0] * 25)))


def test_noise_is_renewed_while_it_lasts_and_lapses_by_itself() -> None:
    cues = heard(IMPACT, run([12.0] * 40, [7.0] * 40))
    times = [cue.at_s for cue in cues]
    assert max(b - a for a, b in pairwise(times)) < min(cue.lasts_s for cue in cues)


def test_a_tone_of_each_leg_that_is_above_rises_with_the_excess() -> None:
    left_g, right_g = [8.4] * 20 + [9.8] * 20, [9.0] * 40
    cues = heard(replace(IMPACT, tones=True), run(left_g, right_g))
    left = [cue.pitch_hz for cue in cues if cue.side is Side.LEFT]
    right = [cue.pitch_hz for cue in cues if cue.side is Side.RIGHT]
    assert {cue.sound for cue in cues} == {Sound.TONE}
    assert left[0] < left[-1]
    assert min(right) > 660.0
    assert len(right) > 20  # at each landing


def test_nothing_is_cued_in_the_first_strides_nor_after_a_stop() -> None:
    events = run([12.0] * 40, [12.0] * 40)
    first_s = heard(IMPACT, events)[0].at_s
    assert first_s >= FIRST_STRIDES * STRIDE_S
    after_stop = run([12.0] * 40, [12.0] * 40, begin_s=100.0)
    later = [cue for cue in heard(IMPACT, [*events, *after_stop]) if cue.at_s > 99.0 and cue.step]
    assert later[0].at_s >= 100.0 + FIRST_STRIDES * STRIDE_S + SETTLED_S


@pytest.mark.parametrize(
    "flag",
    [
        StrideFlag.LOW_CONFIDENCE,
        StrideFlag.ACC_CLIPPED,
        StrideFlag.SAMPLES_LOST,
        StrideFlag.AXES_DISAGREE,
        StrideFlag.SENSOR_MOVED,
    ],
)
def test_a_poor_signal_keeps_quiet(flag: StrideFlag) -> None:
    events = [
        replace(event, quality=(flag,)) if isinstance(event, Stride) else event
        for event in run([12.0] * 30, [7.0] * 30)
    ]
    asked = replace(IMPACT, cadence=CadenceAsked(200.0, 195.0, 205.0), heel_percent=10.0)
    assert heard(asked, events) == []


def test_walking_keeps_quiet() -> None:
    events = [
        replace(event, activity=Activity.WALK) if isinstance(event, Stride) else event
        for event in run([12.0] * 30, [12.0] * 30)
    ]
    assert heard(IMPACT, events) == []


def test_a_clipped_landing_says_too_little() -> None:
    events = [
        replace(event, clipped=True) if isinstance(event, Impact) else event for event in run([12.0] * 30, [7.0] * 30)
    ]
    assert heard(IMPACT, events) == []


def test_the_metronome_comes_outside_the_band_and_leaves_quiet_between() -> None:
    asked = of_target(target_of(ProgrammeKind.CADENCE), CADENCE)
    assert asked.cadence is not None
    band = (asked.cadence.low_spm, asked.cadence.target_spm, asked.cadence.high_spm)
    assert band == pytest.approx((168.0, 172.0, 176.0))
    slow = heard(asked, run([7.0] * 150, [7.0] * 150, stride_s=0.75))
    assert {cue.sound for cue in slow} == {Sound.BEAT}
    assert slow[0].beats_per_min == pytest.approx(172.0)
    assert all(b.at_s - a.at_s >= BEAT_LASTS_S + QUIET_S for a, b in pairwise(slow))
    assert len(slow) >= 2
    assert heard(asked, run([7.0] * 50, [7.0] * 50, stride_s=0.7)) == []


def test_cadence_is_cued_at_the_own_speed_only() -> None:
    asked = of_target(target_of(ProgrammeKind.CADENCE), CADENCE)
    events = run([7.0] * 60, [7.0] * 60, stride_s=0.75)
    faster = [CompanionReading("treadmill", 5.0 * number, {TREADMILL_SPEED: 3.4}) for number in range(10)]
    with_belt = sorted(
        [*events, *faster], key=lambda one: one.t_s if not isinstance(one, Stride) else one.next_contact_s
    )
    assert heard(asked, with_belt) == []
    unknown = [replace(event, stride_length_m=None) if isinstance(event, Stride) else event for event in events]
    cues = LiveCues(SENSORS, asked)
    assert cues.push_all(unknown) == []
    assert cues.board().quiet == "cadence is not cued: nothing here tells the speed"
    # the metronome ends with the speed that it is for
    late = [CompanionReading("treadmill", 9.0 + 5.0 * number, {TREADMILL_SPEED: 3.4}) for number in range(4)]
    cues = LiveCues(SENSORS, asked)
    given = cues.push_all([*events, *late])
    assert [cue.step for cue in given] == [LOUDEST, 0]
    assert given[1].at_s < given[0].at_s + BEAT_LASTS_S


def test_heel_landings_are_told_as_a_share_with_quiet_between() -> None:
    cues = heard(Asked(heel_percent=50.0), run([7.0] * 120, [7.0] * 120))
    assert cues[0].words.startswith("100 % of your last ")
    assert all(b.at_s - a.at_s >= QUIET_S for a, b in pairwise(cues))


def test_legs_are_held_against_the_runners_own_difference() -> None:
    asked = by_wish([CueKind.ASYMMETRY], {}, OwnValues(OWN, CADENCE))
    assert heard(asked, run([8.0] * 60, [8.1] * 60)) == []
    cues = heard(asked, run([8.0] * 60, [11.0] * 60))
    assert cues[0].side is Side.RIGHT
    assert "lands harder than in your usual runs" in cues[0].words
    uneven = replace(OWN, legs=(OWN.legs[0], replace(OWN.legs[1], value=13.75, low=13.6, high=13.9)))
    assert heard(by_wish([CueKind.ASYMMETRY], {}, OwnValues(uneven, CADENCE)), run([8.0] * 60, [11.0] * 60)) == []


def test_one_touch_mutes_and_ends_the_noise() -> None:
    cues = LiveCues(SENSORS, IMPACT)
    events = run([12.0] * 60, [7.0] * 60)
    assert cues.push_all(events[:120])[-1].step == LOUDEST
    assert [cue.is_silence for cue in cues.mute(on=True)] == [True]
    assert cues.push_all(events[120:]) == []
    assert cues.board().quiet == "muted"
    assert cues.mute(on=False) == ()
    assert cues.push_all(run([12.0] * 40, [7.0] * 40, begin_s=60.0))


def test_a_faded_session_is_silent_between_its_spans() -> None:
    session = session_plan(8)  # the sound is on for a tenth of half an hour, after five minutes of walking
    asked = replace(IMPACT, session=session)
    cues = [cue for cue in heard(asked, run([12.0] * 1200, [7.0] * 1200)) if cue.step]
    begin_s = 60.0 * session.warm_up_minutes
    assert cues
    assert all(begin_s <= cue.at_s <= begin_s + session.cued[0].end_s + STRIDE_S for cue in cues)


def test_what_is_cued_can_be_changed_while_a_run_goes_on() -> None:
    cues = LiveCues(SENSORS, Asked())
    events = run([12.0] * 60, [7.0] * 60)
    assert cues.push_all(events[:80]) == []
    assert cues.board().quiet == "nothing is cued"
    assert cues.set_asked(IMPACT) == ()
    # what was learnt of the run before counts: no first strides again
    assert cues.push_all(events[80:90])[-1].step == LOUDEST
    assert [cue.is_silence for cue in cues.set_asked(Asked())] == [True]
    assert cues.push_all(events[90:]) == []


@pytest.mark.parametrize(
    "plan", [recall_check(TriedCue.IMPACT), across_runs("tape", PainSite.KNEE, Side.LEFT)], ids=lambda plan: plan.kind
)
def test_what_is_tried_without_a_sound_has_none(plan: Plan) -> None:
    assert by_try_out(plan, OwnValues(OWN, CADENCE)).is_empty
    cues = LiveCues(SENSORS, IMPACT)
    cues.take(Begun(plan, "seal"))
    cues.take(PartBegun(0, True))
    assert cues.push_all(run([12.0] * 60, [7.0] * 60)) == []
    assert len(cues.push_all(run([12.0], [7.0], begin_s=300.0))) == (plan.kind is Kind.RECALL), "the end of a block"
    cues.take(PartDone(0, {}, None, None))
    cues.take(PartBegun(1, True))
    assert "as at the end" in cues.board().now or "with tape" in cues.board().now
    assert set(dict(cues.board().legs).values()) == {Held.UNKNOWN}, "a light is a cue too"


def test_a_try_out_asks_for_what_it_tries() -> None:
    own = OwnValues(OWN, CADENCE)
    assert by_try_out(eight_blocks(TriedCue.IMPACT, PainSite.KNEE, Side.LEFT), own) == IMPACT
    cadence = by_try_out(eight_blocks(TriedCue.CADENCE, PainSite.KNEE, Side.LEFT), own).cadence
    assert cadence is not None
    assert cadence.target_spm == pytest.approx(172.0)
    unknown = by_try_out(eight_blocks(TriedCue.IMPACT, PainSite.KNEE, Side.LEFT), OwnValues("No run.", "No run."))
    assert unknown.is_empty
    assert unknown.why_not == ("The cue that is tried can't be given. No run.",)


@pytest.mark.parametrize(("wanted", "given"), [(160.0, 168.0), (171.0, 171.0), (200.0, 176.0)])
def test_the_metronome_stays_5_to_10_percent_above_the_own_cadence(wanted: float, given: float) -> None:
    own = OwnValues(OWN, CADENCE)
    asked = by_wish([CueKind.CADENCE], {CueKind.CADENCE: wanted}, own)
    assert asked.cadence is not None
    assert asked.cadence.target_spm == pytest.approx(given)
    assert bool(asked.why_not) == (wanted != given)
    elsewhere = by_wish([CueKind.CADENCE], {CueKind.CADENCE: wanted}, own, 4.0)
    assert elsewhere.cadence is not None
    assert elsewhere.cadence.target_spm == wanted, "the own cadence is for another speed"


def test_the_board_says_how_each_measure_stands() -> None:
    asked = replace(ALL, cadence=of_target(target_of(ProgrammeKind.CADENCE), CADENCE).cadence)
    cues = LiveCues(SENSORS, asked)
    assert {one.held for one in cues.board().measures} == {Held.UNKNOWN}
    cues.push_all(run([8.0] * 60, [11.0] * 60))
    held = {one.kind: one.held for one in cues.board().measures}
    assert held == {CueKind.CADENCE: Held.WITHIN, CueKind.HEEL: Held.BEYOND, CueKind.ASYMMETRY: Held.BEYOND}
    assert all(one.words for one in cues.board().measures)


def test_a_try_out_is_cued_in_its_cued_blocks_alone() -> None:
    cues = LiveCues(SENSORS, IMPACT)
    events = run([12.0] * 60, [7.0] * 60)
    cues.take(PartBegun(0, False))
    assert cues.push_all(events[:80]) == []
    cues.take(PartBegun(1, True))
    assert cues.board().now == "Block 2: with the cue"
    assert cues.push_all(events[80:160])[-1].step == LOUDEST
    assert [cue.is_silence for cue in cues.take(PartDone(1, {}, None, None))] == [True]
    assert cues.push_all(events[160:200]) == []
    cues.take(Ended(Why.COMPLETE))
    assert cues.push_all(events[200:])


@pytest.mark.parametrize("is_cued", [False, True])
@pytest.mark.parametrize("is_muted", [False, True])
def test_a_block_ends_with_three_tones_once_and_its_cue_with_it_whoever_closed_the_page(
    *, is_cued: bool, is_muted: bool
) -> None:
    cues = LiveCues(SENSORS, IMPACT)
    plan = eight_blocks(TriedCue.IMPACT, PainSite.KNEE, Side.LEFT)
    cues.take(Begun(plan, "seal"))
    cues.take(PartBegun(0, is_cued))
    if is_muted:
        cues.mute(on=True)
    strides, begin_s = 240, 1800.0  # as where a run is taken up again
    given = cues.push_all(run([12.0] * strides, [7.0] * strides, begin_s=begin_s))
    over = [cue for cue in given if cue.kind is CueKind.BLOCK]
    assert len(over) == (not is_muted)
    assert bool([cue for cue in given if cue.step and cue.kind is CueKind.IMPACT]) == (is_cued and not is_muted)
    if over:
        (end,) = over
        assert plan.part_s <= end.at_s - begin_s < plan.part_s + STRIDE_S
        assert end.lasts_s * end.beats_per_min / 60.0 == 3.0
        assert all(cue.is_silence for cue in given if cue.at_s >= end.at_s and cue is not end)
    assert cues.board().now == "Block 1 is over: say so on the page Try-out"
    cues.take(PartDone(0, {}, None, None))
    cues.take(PartBegun(1, True))
    cues.mute(on=False)
    again = cues.push_all(run([12.0] * 60, [7.0] * 60, begin_s=begin_s + strides * STRIDE_S))
    assert [cue for cue in again if cue.step and cue.kind is CueKind.IMPACT]
    assert not [cue for cue in again if cue.kind is CueKind.BLOCK]


def test_the_board_says_how_each_leg_stands() -> None:
    cues = LiveCues(SENSORS, IMPACT)
    assert set(dict(cues.board().legs).values()) == {Held.UNKNOWN}
    cues.push_all(run([12.0] * 30, [7.0] * 30))
    assert dict(cues.board().legs) == {"foot-left": Held.BEYOND, "foot-right": Held.WITHIN}


def test_targets_of_ones_own_need_no_baseline() -> None:
    nothing = OwnValues("No run in the last four weeks.", "No run in the last four weeks.")
    asked = by_wish([CueKind.IMPACT], {CueKind.IMPACT: 8.0}, nothing)
    assert asked.impact == ImpactAsked(None, {None: 8.0}, {None: 10.0}, at_any_speed=True)
    assert changes(heard(asked, run([12.0] * 30, [7.0] * 30))) == [LOUDEST]
    unknown = by_wish([CueKind.IMPACT, CueKind.CADENCE, CueKind.ASYMMETRY], {CueKind.CADENCE: 172.0}, nothing)
    assert unknown.is_empty
    assert len(unknown.why_not) == 3
    assert by_wish([CueKind.CADENCE], {CueKind.CADENCE: 172.0}, nothing, 2.8).cadence is not None


def test_a_target_of_ones_own_holds_at_any_speed_unless_its_speed_is_said() -> None:
    known, events = OwnValues(OWN, CADENCE), run([12.0] * 30, [7.0] * 30, stride_s=0.7)
    anywhere = by_wish([CueKind.IMPACT], {CueKind.IMPACT: 8.0}, replace(known, impact=replace(OWN, speed_mps=2.5)))
    assert changes(heard(anywhere, events)) == [LOUDEST]
    cues = LiveCues(SENSORS, by_wish([CueKind.IMPACT], {CueKind.IMPACT: 8.0}, known, 2.5))
    assert cues.push_all(events) == []
    assert (cues.board().quiet, cues.board().for_speed_mps) == (TOO_FAST, 2.5)
    slow = LiveCues(SENSORS, by_wish([CueKind.IMPACT], {}, replace(known, impact=replace(OWN, speed_mps=3.5))))
    assert slow.push_all(events) == []
    assert (slow.board().quiet, slow.board().for_speed_mps) == (TOO_SLOW, 3.5)


@pytest.mark.parametrize(
    ("kinds", "targets", "said"),
    [
        ([CueKind.HEEL], {}, "is yours to say"),
        ([CueKind.IMPACT], {CueKind.IMPACT: 900.0}, "not within 1 and 50 g"),
        ([CueKind.IMPACT], {CueKind.CADENCE: 172.0}, "ask for it too"),
    ],
)
def test_what_makes_no_sense_is_refused(kinds: list[CueKind], targets: dict[CueKind, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        by_wish(kinds, targets, OwnValues(OWN, CADENCE))


ALL = replace(
    by_wish([CueKind.IMPACT, CueKind.HEEL, CueKind.ASYMMETRY], {CueKind.HEEL: 50.0}, OwnValues(OWN, CADENCE)),
    cadence=CadenceAsked(180.0, 176.0, 184.0),
)


@settings(max_examples=12, deadline=None)
@given(
    peaks_g=st.lists(st.tuples(st.floats(5.0, 14.0), st.floats(5.0, 14.0)), min_size=25, max_size=35),
    cuts=st.lists(st.integers(0, 140), max_size=12),
    poor=st.sets(st.integers(0, 140), max_size=6),
)
def test_cues_are_the_same_however_the_stream_is_cut(
    peaks_g: list[tuple[float, float]], cuts: list[int], poor: set[int]
) -> None:
    events = run([left for left, _ in peaks_g], [right for _, right in peaks_g])
    events = [
        replace(event, quality=(StrideFlag.SAMPLES_LOST,)) if number in poor and isinstance(event, Stride) else event
        for number, event in enumerate(events)
    ]
    one_by_one = heard(ALL, events)
    cues = LiveCues(SENSORS, ALL)
    bounds = [0, *sorted(min(cut, len(events)) for cut in cuts), len(events)]
    # of each piece one sensor's events come after the other's, as the engine tells them
    pieces = [sorted(events[a:b], key=lambda one: getattr(one, "sensor_id", "")) for a, b in pairwise(bounds)]
    assert [cue for piece in pieces for cue in cues.push_all(piece)] == one_by_one
