"""What the measure of warm-up, run, cool-down and walking backwards says, of strides whose truth is plain."""

from collections import Counter
from dataclasses import replace

import pytest

import phases
from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.session import Placement, Sensor
from phases import MadeUp, People, missed, share, tables
from validation.made_sessions import KINDS, SENSORS, Part, made_up
from validation.told_parts import Confusion, told_activities, told_parts, told_run

SENSOR = Sensor("foot", Placement.FOOT, None, 200.0)


def strides(begin_s: float, end_s: float, activity: Activity, *, backward: bool = False) -> list[Stride]:
    """Follow one another; running ones have a length."""
    each_s = 0.75 if activity is Activity.RUN else 1.1
    quality = (StrideFlag.BACKWARD,) if backward else ()
    length_m = 2.2 if activity is Activity.RUN else 1.4
    contacts_s = [begin_s + each_s * k for k in range(int((end_s - begin_s) / each_s))]
    return [
        Stride("foot", None, activity, at_s, at_s + 0.3, at_s + each_s, stride_length_m=length_m, quality=quality)
        for at_s in contacts_s
    ]


def test_each_second_is_told_to_be_what_it_was() -> None:
    walk, run = Activity.WALK, Activity.RUN
    found = [
        *strides(10.0, 200.0, walk),
        *strides(200.0, 500.0, run),
        *strides(540.0, 900.0, run),
        *strides(900.0, 1040.0, walk),
        *strides(1050.0, 1350.0, walk, backward=True),
    ]
    del found[300]  # a stride that was lost is no stop
    told = told_parts(told_run(SENSOR, found, 0.0), found, range(1360))
    wanted = {Part.REST: 10 + 40 + 10 + 10, Part.WARM_UP: 190, Part.RUN: 660, Part.COOL_DOWN: 140, Part.BACKWARD: 300}
    counted = Counter(told.values())
    assert {part: pytest.approx(seconds, abs=4.0) for part, seconds in wanted.items()} == counted
    assert told[515] is Part.REST
    assert told[700] is Part.RUN


def test_only_seconds_of_which_something_is_known_count() -> None:
    found = [
        {"activity": "run", "initial_contact_s": 10.0 + 0.75 * k, "next_contact_s": 10.75 + 0.75 * k} for k in range(20)
    ]
    known = {"coverage": [[8.4, 30.0]], "cadence_windows": []}
    assert told_activities(found, known) == {"run": 15, "": 6}
    windows = [{"start_s": 12.0, "end_s": 22.0, "steady": True}, {"start_s": 22.0, "end_s": 32.0, "steady": False}]
    assert told_activities(found, {"coverage": [], "cadence_windows": windows}) == {"run": 10}


def test_sessions_are_of_every_kind_and_their_seconds_are_known() -> None:
    sessions = [made_up(seed) for seed in range(len(KINDS))]
    assert [made.name for made in sessions] == list(KINDS)
    for made in sessions:
        true = made.parts()
        assert len(true) <= made.plan.duration_s - made.begins_s
        assert min(true) >= made.begins_s
    seen = {part for made in sessions for part in made.parts().values()}
    assert seen == set(Part)
    assert made_up(3) == sessions[3]


def test_a_target_that_is_missed_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    good = Confusion({(Part.RUN, Part.RUN): 960, (Part.REST, Part.RUN): 40})
    bad = Confusion({(Part.RUN, Part.RUN): 940, (Part.BACKWARD, Part.COOL_DOWN): 60})
    made = MadeUp(["steady"], {name: [good] for name in SENSORS})
    people = People({("a-run", "run", "with"): Counter({"run": 95, "": 5})})
    assert share(good) == 0.96
    assert list(missed(made, people)) == []
    worse = replace(made, sessions={**made.sessions, "shank": [bad]})
    lost = People({("a-run", "run", "with"): Counter({"run": 94, "walk": 6})})
    assert len(list(missed(worse, lost))) == 2
    assert "0.940" in tables(worse, lost)
    for whole, of, status in ((made, people, 0), (worse, people, 1)):
        monkeypatch.setattr(phases, "all_measured", lambda seeds, processes, whole=whole: whole)
        monkeypatch.setattr(phases, "people_of", lambda folders, of=of: of)
        monkeypatch.setattr("sys.argv", ["phases.py"])
        assert phases.main() == status
    assert "below 95 %: shank: 0.940" in capsys.readouterr().out
