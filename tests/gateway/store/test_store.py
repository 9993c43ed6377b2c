"""The store keeps every stride bit for bit, through redelivery, and all that belongs to it."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_coaching.answers import Pain, PainSite, Phase, Shoe
from footfall_gateway.store.database import KeptGain, Store, StoreError
from footfall_gateway.store.sqlite_file import ContentError
from footfall_gateway.store.worn_shoe import worn_shoe
from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import STRIDE_METRICS, metric_values
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from footfall_processing.session import Placement, Side
from gateway.recordings_for_tests import header, strides

SESSION = header().session.id
NOTED = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

numbers = st.floats(-1e9, 1e9)
some_strides = st.builds(
    Stride,
    sensor_id=st.sampled_from(["foot-left", "shank-right"]),
    side=st.none() | st.sampled_from(Side),
    activity=st.sampled_from(Activity),
    initial_contact_s=st.floats(0, 1e6),
    toe_off_s=st.none() | numbers,
    next_contact_s=st.floats(1e6 + 1, 2e6),
    peak_acc_mps2=st.none() | numbers,
    peak_tibial_acc_mps2=st.none() | numbers,
    foot_strike_angle_rad=st.none() | numbers,
    strike=st.none() | st.sampled_from(Strike),
    strike_confidence=st.none() | st.floats(0, 1),
    stride_length_m=st.none() | numbers,
    confidence=st.floats(0, 1),
    quality=st.lists(st.sampled_from(StrideFlag), unique=True).map(tuple),
).filter(lambda stride: stride.contact_time_s != 0.0)


def test_a_text_that_is_damaged_hides_nothing_else(path: Path) -> None:
    with Store.open(path) as store:
        for name in ("one", "two"):
            store.add_session(header(name))
        store.answers.note(Shoe("Ann", datetime(2026, 5, 3, tzinfo=UTC), "Blue"))
        store._connection.execute("UPDATE session SET header = CAST(x'FF7B' AS TEXT) WHERE session_id = 'two'")
        store._connection.execute("UPDATE shoe SET name = CAST(x'42FF' AS TEXT)")
        assert [session.header.session.id for session in store.sessions()] == ["one"]
        assert [note.runner_name for note in store.answers.shoes()] == ["Ann"]


def test_a_stride_comes_back_bit_for_bit(path: Path) -> None:
    with Store.open(path) as store:
        sessions = (f"session-{number}" for number in count())

        @given(stride=some_strides)
        def comes_back(stride: Stride) -> None:
            session_id = next(sessions)
            store.add_session(header(session_id))
            store.add_strides(session_id, [stride])
            assert [repr(again) for again in store.strides(session_id)] == [repr(stride)]

        comes_back()


def test_sessions_and_strides_are_kept(path: Path) -> None:
    written = list(strides(50))
    with Store.open(path) as store:
        store.add_session(header(), recording=Path("/runs/one.mcap"))
        store.add_strides(SESSION, reversed(written))
        store.finish_session(SESSION, {"type": "summary", "duration_s": 12.5, "sensors": [{"strides": 50}]})
    with Store.open(path) as store:
        assert store.strides(SESSION) == written
        session = store.session(SESSION)
        assert session.header == header()
        assert session.recording == Path("/runs/one.mcap")
        assert session.strides == 50
        assert session.summary == {"type": "summary", "duration_s": 12.5, "sensors": [{"strides": 50}]}


def test_what_is_computed_anew_leaves_nothing_of_before_and_no_other_session_alone(path: Path) -> None:
    written = list(strides(150))
    with Store.open(path) as store:
        for name in ("one", "two"):
            store.add_session(header(name), recording=Path("/runs/one.mcap"))
            store.add({name: [*written, *cut_into_windows(written, header().session.sensors, WINDOW_KINDS["1min"])]})
        kept = store.windows("two", "1min")
        store.forget_results("one")
        store.forget_results("not here")
        assert (store.strides("one"), store.windows("one", "1min")) == ([], [])
        assert store.session("one").recording == Path("/runs/one.mcap")
        assert store.strides("two") == written
        assert store.windows("two", "1min") == kept != []


def test_a_run_is_described_anew_by_itself_alone(path: Path) -> None:
    """A gateway can call a session what it likes; nobody's run becomes another's by it."""
    one = header()
    assert one.session.started_utc is not None
    with Store.open(path) as store:
        store.add_session(one, recording=Path("/runs/one.mcap"))
        store.add_session(replace(one, session=replace(one.session, software="footfall 9.9")))
        kept = store.session(SESSION)
        assert (kept.header.session.software, kept.recording) == ("footfall 9.9", Path("/runs/one.mcap"))
        for session in (
            replace(one.session, runner_name="Eve"),
            replace(one.session, started_utc=one.session.started_utc + timedelta(microseconds=1)),
        ):
            with pytest.raises(ContentError, match="another run of the id"):
                store.add_session(replace(one, session=session))
        elsewhere = tuple(replace(sensor, address="C0:00:00:00:00:99") for sensor in one.recorded_sensors)
        with pytest.raises(ContentError, match="another run of the id"):
            store.add_session(replace(one, recorded_sensors=elsewhere))
        assert store.session(SESSION) == kept


def test_every_metric_has_its_column_in_outside_units(path: Path) -> None:
    written = list(strides(20))
    with Store.open(path) as store:
        store.add_session(header())
        store.add_strides(SESSION, written)
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    rows = connection.execute("SELECT * FROM stride ORDER BY initial_contact_s").fetchall()
    for stride, row in zip(written, rows, strict=True):
        assert {name: row[name] for name in STRIDE_METRICS} == metric_values(stride)
        assert row["initial_contact_us"] == round(stride.initial_contact_s * 1e6)
        assert row["activity"] == stride.activity.value
        assert row["quality"].split() == list(stride.quality)
    names = connection.execute("SELECT placement, side, sampling_rate_hz FROM sensor ORDER BY sensor_id").fetchall()
    assert [tuple(row) for row in names] == [("foot", "left", 200.0), ("shank", None, 104.5)]
    connection.close()


def test_redelivery_changes_nothing_and_a_better_stride_replaces(path: Path) -> None:
    written = list(strides(20))
    with Store.open(path) as store:
        for _ in range(3):
            store.add_session(header())
            store.add_strides(SESSION, written)
        assert store.strides(SESSION) == written
        better = replace(written[3], peak_acc_mps2=99.0)
        store.add_strides(SESSION, [better])
        assert store.strides(SESSION) == [*written[:3], better, *written[4:]]


def test_sessions_are_listed_newest_first_and_undated_last(path: Path) -> None:
    dated, undated = header("a-first"), header("z-imported")
    later_utc = datetime(2026, 11, 21, 9, 15, 1, tzinfo=timezone(timedelta(hours=1)))
    later = replace(dated, session=replace(dated.session, id="0-second", started_utc=later_utc))
    undated = replace(undated, session=replace(undated.session, started_utc=None))
    with Store.open(path) as store:
        for one in (undated, dated, later):
            store.add_session(one)
        assert [stored.header.session.id for stored in store.sessions()] == ["0-second", "a-first", "z-imported"]
        assert all(stored.summary is None and stored.recording is None for stored in store.sessions())


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.session("x"),
        lambda store: store.strides("x"),
        lambda store: store.add_strides("x", []),
        lambda store: store.finish_session("x", {}),
    ],
)
def test_an_unknown_session_is_named(path: Path, ask: Callable[[Store], object]) -> None:
    with Store.open(path) as store, pytest.raises(StoreError, match=r"has no session 'x'.*sessions list"):
        ask(store)


def test_a_batch_is_kept_wholly_or_not_at_all(path: Path) -> None:
    with Store.open(path) as store:
        store.add_session(header())
        broken = replace(next(iter(strides(1))), confidence=None)  # type: ignore[arg-type]
        with pytest.raises(StoreError, match=r"NOT NULL constraint"):
            store.add_strides(SESSION, [*strides(5), broken])
        assert store.strides(SESSION) == []
        store.add_strides(SESSION, strides(5))
        assert len(store.strides(SESSION)) == 5


def test_windows_come_back_as_they_were(path: Path) -> None:
    sensor = header().session.sensors[0]
    made = [
        Stride(sensor.id, sensor.side, Activity.RUN, 0.7 * k, 0.7 * k + 0.24, 0.7 * (k + 1), strike=Strike.REARFOOT)
        for k in range(200)
    ]
    minutes, tens = (cut_into_windows(made, [sensor], WINDOW_KINDS[kind]) for kind in ("1min", "10s"))
    with Store.open(path) as store:
        store.add_session(header())
        store.add_windows(SESSION, minutes + tens)
        store.add_windows(SESSION, minutes)
        assert store.windows(SESSION, "1min") == minutes
        assert store.windows(SESSION, "10s") == tens
        assert store.windows(SESSION, "1km") == []
        with pytest.raises(StoreError, match="no-such-run"):
            store.add_windows("no-such-run", minutes)


def test_the_newest_length_gain_of_a_runner_and_site_is_kept(path: Path) -> None:
    first = KeptGain("ada", Placement.FOOT, Side.LEFT, 1.02, 0.01, "run-1")
    unsaid = KeptGain("ada", Placement.FOOT, None, 0.98, 0.01, "run-1")
    with Store.open(path) as store:
        for gain in (first, unsaid, replace(first, runner_name=""), replace(first, factor=1.04, session_id="run-2")):
            store.keep_length_gain(gain)
        assert store.length_gains("ada") == [unsaid, replace(first, factor=1.04, session_id="run-2")]
        assert store.length_gains("") == [replace(first, runner_name="")]
        assert store.length_gains("bob") == []


def test_a_pain_takes_the_place_of_an_earlier_one_of_the_same_site_and_side(path: Path) -> None:
    with Store.open(path) as store:
        store.add_session(header())
        for note in (
            Pain("", SESSION, NOTED, Phase.DURING, PainSite.KNEE, Side.LEFT, 3),
            Pain("", SESSION, NOTED, Phase.DURING, PainSite.KNEE, Side.RIGHT, 1),
            Pain("", SESSION, NOTED, Phase.DURING, PainSite.KNEE, Side.LEFT, 5),
        ):
            store.answers.note(note)
        assert [(pain.side, pain.level) for pain in store.answers.pains_of(SESSION)] == [
            (Side.LEFT, 5),
            (Side.RIGHT, 1),
        ]
        with pytest.raises(StoreError, match="has no session 'another'"):
            store.answers.note(Pain("", "another", NOTED, Phase.DURING, PainSite.HIP, Side.LEFT, 1))


def test_shoes_are_kept_for_each_runner_and_the_last_one_is_worn(path: Path) -> None:
    began = datetime(2026, 11, 1, 8, tzinfo=timezone(timedelta(hours=2)))
    notes = [
        Shoe("anna", began, "Blue"),
        Shoe("ben", began + timedelta(days=1), "Red"),
        Shoe("anna", began + timedelta(days=2), "Green"),
    ]
    assert worn_shoe(path, "anna") == "", "no store yet"
    with Store.open(path) as store:
        for note in reversed(notes):
            store.answers.note(note)
        assert store.answers.shoes() == notes
    assert [worn_shoe(path, name) for name in ("anna", "ben", "")] == ["Green", "Red", ""]
