"""What a test's result says, and what is measured of its parts."""

import dataclasses
import json
import math

import msgspec
import pytest

from coaching.history import NOW, run
from coaching.try_outs import EIGHT, next_event, opening_of, run_whole
from footfall_coaching.answers import PainSite
from footfall_coaching.run import LegPart, Minute, Run
from footfall_coaching.told import message_of
from footfall_coaching.try_out.beforehand import TodaysCondition, TryOutBeforehand, beforehand_of
from footfall_coaching.try_out.earlier import EarlierTest
from footfall_coaching.try_out.events import AnyEvent, PainTold, PartCut, Why
from footfall_coaching.try_out.measured import impacts_of, part_done, run_done
from footfall_coaching.try_out.plan import Cue, Kind
from footfall_coaching.try_out.progress import Progress, Step, progress_of
from footfall_coaching.try_out.result import TryOutResult, TryOutResultFirst, result_of
from footfall_coaching.try_out.seal import Opening
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.metrics.catalogue import CADENCE, PEAK_ACC, SPEED
from footfall_processing.session import Placement, Side

ORDER = (False, True, True, False, True, False, True, False)
FOUND = TryOutResult(
    Kind.BLOCKS,
    Cue.IMPACT,
    "",
    (8,),
    PainSite.KNEE,
    Side.RIGHT,
    ORDER,
    (4.0, 3.0, 2.0, 4.0, 3.0, 5.0, 3.0, 4.0),
    (9.0, 7.7, 7.9, 9.4, 7.6, 9.1, 8.0, 9.3),
    (166.0, 167.0, 166.0, 165.0, 166.0, 166.0, 167.0, 166.0),
    (3.0,) * 8,
    Why.COMPLETE,
)
AGAIN = dataclasses.replace(FOUND, earlier=(EarlierTest(Kind.BLOCKS, 8, 5, Why.LEFT),))


def test_a_result_is_told_with_its_chance_and_that_it_was_not_blind() -> None:
    assert FOUND.words == (
        "Pain of the right knee was 1.5 of 10 lower with feedback of impact (95 % interval 0.3 to 3.0). By chance 1 in "
        "35. That is a reason to train with it. Impact was 15 % lower (11 to 19), by chance 1 in 35. You knew which "
        "was which, and that alone can change how pain is felt. This was your first try-out of this."
    )


def test_a_test_that_was_left_tells_what_was_seen_and_finds_nothing() -> None:
    left = dataclasses.replace(FOUND, pains=(*FOUND.pains[:6], None, None), ended=Why.LEFT)
    assert "with 6 of 8 blocks: you left it. Pain of the right knee was " in left.words
    assert "That is no finding" in left.words
    for word in ("chance", "reason", "interval"):
        assert word not in left.words
    assert "Nothing can be said." in dataclasses.replace(left, pains=(None,) * 8, impacts_g=(None,) * 8).words
    whole = dataclasses.replace(FOUND, ended=Why.LEFT)
    first = {field.name: getattr(whole, field.name) for field in dataclasses.fields(TryOutResultFirst)}
    assert "That holds only if you did not leave since it looked clear" in TryOutResultFirst(**first).words


def test_where_nothing_is_found_the_words_say_what_would_have_been() -> None:
    mixed = dataclasses.replace(FOUND, pains=(4.0, 4.0, 3.0, 3.0, 4.0, 4.0, 3.0, 3.0))
    assert "so nothing is found. That does not show that it does nothing" in mixed.words
    assert "2 less in " in mixed.words
    assert "reason" not in mixed.words
    none = dataclasses.replace(FOUND, pains=(0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0))
    assert "0.2 of 10 as usual: too little for less of it to be seen" in none.words
    alike = dataclasses.replace(FOUND, impacts_g=(9.0, 9.1, 8.8, 9.2, 9.0, 8.9, 9.3, 9.0))
    assert "no change is found. Where it varies as yours did, a test like this finds 15 % less in 100" in alike.words


def test_a_cue_that_hurts_and_other_speeds_are_told() -> None:
    worse = dataclasses.replace(FOUND, order=tuple(not cued for cued in ORDER), speeds_mps=(2.9, 3.0) * 4)
    assert "1.5 of 10 higher" in worse.words
    assert "That speaks against it." in worse.words
    slower = dataclasses.replace(FOUND, speeds_mps=tuple(2.9 if cued else 3.0 for cued in ORDER))
    assert "With the cue you ran 3 % slower, which alone changes impact." in slower.words
    unknown = dataclasses.replace(FOUND, speeds_mps=(None,) * 8)
    assert "Speed is unknown" in unknown.words


def test_what_the_cue_is_not_meant_to_change_is_told_only_where_it_matters() -> None:
    quicker = dataclasses.replace(FOUND, cadences_spm=tuple(172.0 if cued else 166.0 for cued in ORDER))
    assert "Cadence was 4 % higher (4 to 4), by chance 1 in 35; it is one of three things looked at." in quicker.words
    hardly = dataclasses.replace(FOUND, cadences_spm=tuple(167.0 if cued else 166.0 for cued in ORDER))
    assert "Cadence" not in hardly.words


def test_alike_answers_have_no_interval() -> None:
    same = dataclasses.replace(FOUND, pains=tuple(3.0 if cued else 4.0 for cued in ORDER))
    assert "1.0 of 10 lower with feedback of impact. By chance 1 in 35." in same.words


def test_of_a_test_that_ended_early_nothing_is_said_that_it_can_not_show() -> None:
    opening = opening_of()

    def choose(progress: Progress, _: Opening) -> AnyEvent | None:
        return PainTold(6) if progress.step is Step.ASK_PAIN and len(progress.parts) == 3 else None

    progress, _ = run_whole(opening, choose)
    words = result_of(progress).words
    assert words.startswith("The test ended early, with 3 of 8 blocks: pain, or a sign, stopped it.")
    assert "Nothing can be said of pain: " in words
    assert "Nothing can be said of impact." in words


def test_a_result_is_made_of_the_opened_test_alone() -> None:
    opening = opening_of()
    progress, events = run_whole(
        opening, lambda now, _: PartCut(1, "a road") if now.step is Step.RUN_PART and len(now.parts) == 1 else None
    )
    result = result_of(progress)
    assert result.order == opening.order
    assert result.pains[1] is None
    assert result.impacts_g[1] is None
    assert result.impacts_g[0] == pytest.approx(9.0 * math.sqrt(1.1) * (0.8 if opening.order[0] else 1.0))
    with pytest.raises(InputError, match="opened"):
        result_of(progress_of(events[:-1]))


def test_rules_make_the_same_words_of_what_is_kept() -> None:
    for rule in (FOUND, AGAIN, beforehand_of(EIGHT), TodaysCondition("tape", 5, 12, True)):
        message = message_of(rule, "Ada", "", NOW)
        read = msgspec.convert(json.loads(msgspec.json.encode(message.inputs)), type(rule))
        assert isinstance(read, TryOutResultFirst | TryOutBeforehand | TodaysCondition)
        assert read.words == message.words


def stride(t_s: float, side: Side, peak_g: float, activity: Activity = Activity.RUN, *flags: StrideFlag) -> Stride:
    return Stride(f"foot-{side}", side, activity, t_s, t_s + 0.25, t_s + 0.72, peak_g * 9.80665, quality=flags)


def test_only_the_seconds_that_count_are_measured() -> None:
    legs = ((Side.LEFT, 8.0), (Side.RIGHT, 9.0))
    times = [1000.0 + 0.72 * at for at in range(-50, 250)]
    strides = [stride(t, side, g if t >= 1045.0 else 20.0) for t in times for side, g in legs if t < 1120.0]
    strides += [stride(t, Side.LEFT, 30.0) for t in times if t >= 1120.0]
    strides += [stride(1060.0 + 0.01 * at, Side.LEFT, 2.0, Activity.WALK) for at in range(500)]
    found = part_done(3, EIGHT, strides, 1000.0, PEAK_ACC, 2.9)
    assert found.part == 3
    assert found.impact_g == {"left": pytest.approx(8.0), "right": pytest.approx(9.0)}
    assert found.cadence_spm == pytest.approx(120.0 / 0.72)
    assert found.speed_mps == 2.9
    few = part_done(3, EIGHT, [one for one in strides if one.initial_contact_s < 1080.0], 1000.0, PEAK_ACC)
    assert (dict(few.impact_g), few.speed_mps) == ({}, None)


def test_a_leg_whose_landings_are_clipped_has_no_impact() -> None:
    times = [1045.0 + 0.72 * at for at in range(100)]
    clipped = [stride(t, Side.LEFT, 16.0, Activity.RUN, StrideFlag.ACC_CLIPPED) for t in times[:10]]
    whole = [stride(t, Side.LEFT, 9.0) for t in times[10:]] + [stride(t, Side.RIGHT, 9.0) for t in times]
    assert set(part_done(0, EIGHT, clipped + whole, 1000.0, PEAK_ACC).impact_g) == {"right"}


def test_impact_is_of_the_legs_that_every_part_has() -> None:
    both, one = {"left": 4.0, "right": 9.0}, {"right": 8.0}
    assert impacts_of([both, both]) == [pytest.approx(6.0)] * 2
    assert impacts_of([both, one, {}]) == [pytest.approx(9.0), pytest.approx(8.0), None]
    assert impacts_of([{}]) == [None]


def test_a_run_is_measured_at_the_usual_speed() -> None:
    def ran(days_ago: float, factor: float, speed: float) -> Run:
        def legs(minute: int) -> tuple[LegPart, ...]:
            pace = speed * (1.0 + 0.02 * (minute % 5 - 2))
            value = factor * 9.0 * (pace / 3.0) ** 1.5
            medians = {PEAK_ACC.name: value, CADENCE.name: 166.0, SPEED.name: pace}
            return (LegPart(Side.LEFT, Placement.FOOT, Activity.RUN, 80, 0, medians, {}),)

        minutes = tuple(Minute(60.0 * at, 60.0 * at + 60.0, 180.0 * at, legs(at)) for at in range(20))
        return dataclasses.replace(run(days_ago), legs=legs(2), minutes=minutes)

    runs = [ran(9, 1.0, 3.0), ran(6, 1.0, 3.0), ran(3, 0.8, 3.3)]
    usual, fast = (run_done(0, runs, one.session_id, PEAK_ACC) for one in (runs[0], runs[2]))
    assert fast.impact_g["left"] / usual.impact_g["left"] == pytest.approx(0.8, rel=1e-3)
    assert fast.cadence_spm == pytest.approx(166.0)
    assert fast.speed_mps is None
    assert run_done(0, runs, "nobody", PEAK_ACC).impact_g == {}


def test_next_events_come_to_an_end() -> None:
    assert next_event(progress_of(run_whole(opening_of())[1][:1]), opening_of()).__class__.__name__ == "WarmedUp"
