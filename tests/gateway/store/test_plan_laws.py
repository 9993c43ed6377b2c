"""Whatever is told, redated, discarded or handed on: a programme steps on over nothing but a green that was told."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coaching.programme_history import BEGUN
from footfall_coaching.answers import Pain, PainSite, Phase, Sign, SignNote
from footfall_coaching.felt_when import FeltWhen
from footfall_coaching.light_rule import Colour
from footfall_coaching.programme.events import GivenUp, Ran
from footfall_coaching.programme.sessions import SessionPlan
from footfall_gateway.data_folder import store_path
from footfall_gateway.packets import VIRTUAL_ADDRESSES
from footfall_gateway.store.database import Store
from footfall_gateway.store.standing import light_for, plan_for
from footfall_processing.session import Side
from gateway.store.test_diary import ANN, BEN, ran

BEGAN: Final = datetime(2026, 10, 24, 7, 0, tzinfo=UTC)
"""Clocks of the zone go back on the next day."""
RUNS: Final = ("one", "two", "three")
DEMO: Final = "a demo"
HOURS: Final = st.sampled_from([0, 1, 5, 11, 24, 24, 48])
RUN: Final = st.sampled_from(RUNS)
SITE: Final = st.sampled_from([None, PainSite.KNEE, PainSite.KNEE, PainSite.CALF])
LEVEL: Final = st.sampled_from([0, 1, 1, 2, 2, 4, 6])
DONE: Final = st.one_of(
    st.tuples(st.just("session"), RUN),
    st.tuples(st.just("session"), RUN),
    st.tuples(st.just("session without sensors")),
    st.tuples(st.just("pain"), st.one_of(RUN, RUN, st.just(""), st.just(DEMO)), st.sampled_from(Phase), SITE, LEVEL),
    st.tuples(st.just("pain"), RUN, st.just(Phase.DURING), st.just(None), st.just(0)),
    st.tuples(st.just("sign"), st.one_of(RUN, st.just("")), st.sampled_from([Sign.SWELLING, Sign.FEVER, Sign.LIMP])),
    st.tuples(st.just("redate"), RUN, st.integers(-60, 3)),
    st.tuples(st.just("bin"), RUN),
    st.tuples(st.just("back"), RUN),
    st.tuples(st.just("hand on"), RUN, st.sampled_from([ANN, BEN])),
    st.tuples(st.just("begin anew")),
)
HISTORY: Final = st.lists(st.tuples(HOURS, DONE), min_size=4, max_size=14)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose store has three runs, and a demo."""
    path = tmp_path_factory.mktemp("laws")
    for session_id in (*RUNS, DEMO):
        ran(path, session_id)
    address = f"{VIRTUAL_ADDRESSES}00:01"
    with closing(sqlite3.connect(store_path(path))) as connection, connection:
        connection.execute(
            "UPDATE session SET header = json_set(header, '$.sensors[0].address', ?) WHERE session_id = ?",
            (address, DEMO),
        )
        connection.execute("DELETE FROM run")  # which are made anew
    with Store.open(store_path(path)) as store:
        assert [run.session_id for run in store.log.runs(ANN) if run.is_demo] == [DEMO]
    return path


class Told:
    """A runner's store from the beginning of a programme on."""

    def __init__(self, store: Store, path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            for table in ("pain", "sign", "plan_event", "edit"):
                connection.execute(f"DELETE FROM {table}")
        self.store, self.now = store, BEGAN
        self.store.plans.note(ANN, BEGAN, replace(BEGUN, at_utc=BEGAN))
        for session_id in (*RUNS, DEMO):
            store.log.redate(session_id, BEGAN - timedelta(days=3))

    def mine(self, session_id: str) -> bool:
        """Whether a run is Ann's, and in use."""
        return not session_id or session_id in {run.session_id for run in self.store.log.runs(ANN)}

    def do(self, what: str, *given: object) -> None:
        """Let something happen."""
        match what, given:
            case "session", (str(run),) if self.mine(run):
                self.store.log.redate(run, self.now)
                self.store.plans.note(ANN, self.now, Ran(self.now, run, 30.0, 30.0, 30.0))
            case "session without sensors", ():
                self.store.plans.note(ANN, self.now, Ran(self.now, f"told-{self.now:%Y%m%d}", 30.0, 30.0, 30.0))
            case "pain", (str(run), Phase() as phase, site, int(level)) if self.mine(run):
                place = (None, None, 0) if site is None else (PainSite(str(site)), Side.LEFT, level)
                self.store.answers.note(Pain(ANN, run, self.now, phase, *place))
            case "sign", (str(run), Sign() as sign) if self.mine(run):
                self.store.answers.note(SignNote(ANN, run, self.now, sign))
            case "redate", (str(run), int(hours)):
                self.store.log.redate(run, self.now + timedelta(hours=hours))
            case "bin", (str(run),):
                self.store.log.discard(run, self.now)
            case "back", (str(run),):
                self.store.log.bring_back(run)
            case "hand on", (str(run), str(name)):
                self.store.log.ran(run, name)
            case "begin anew", ():
                events = (GivenUp(self.now), replace(BEGUN, at_utc=self.now + timedelta(minutes=1)))
                self.store.plans.note(ANN, self.now, *events)

    def is_answered_since(self, session: Ran, now: datetime) -> bool:
        """Whether Ann told anything of the session's day or of a later one, after it began."""
        when = FeltWhen(self.store.log.runs(ANN), now.tzinfo)
        notes: list[Pain | SignNote] = [*self.store.answers.pains(ANN), *self.store.answers.signs(ANN)]
        day = session.at_utc.astimezone(now.tzinfo).date()
        return any(when.counts(one) and one.noted_utc > session.at_utc and when.day(one) >= day for one in notes)


@settings(max_examples=60, deadline=None)
@given(zone=st.sampled_from([ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Kiritimati")]), history=HISTORY)
def test_no_step_without_a_green_that_was_told_and_no_session_on_red(
    folder: Path, zone: ZoneInfo, history: list[tuple[int, tuple[object, ...]]]
) -> None:
    with Store.open(store_path(folder)) as store:
        told = Told(store, store_path(folder))
        for hours, (what, *given_) in history:
            told.now += timedelta(hours=hours, minutes=2)
            told.do(str(what), *given_)
            now = (told.now + timedelta(minutes=1)).astimezone(zone)
            state, colour = plan_for(store, ANN, now).programme, light_for(store, ANN, now).colour
            assert state is not None
            plan = state.plan_on(now.date())
            if not isinstance(plan, SessionPlan):
                continue
            assert colour is not Colour.RED, "no session on red"
            if not state.counted:
                assert plan.step == 1
                continue
            last = state.counted[-1]
            if plan.step > last.step:
                assert colour is Colour.GREEN, "no step on amber or silence"
                ran_ = (one for one in store.plans.events(ANN) if isinstance(one, Ran))
                session = next(one for one in ran_ if one.session_id == last.session_id)
                assert told.is_answered_since(session, now), "no step on what was told before the session"
            assert plan.minutes <= max(one.minutes for one in state.counted) + 3.0 or plan.minutes <= 15
