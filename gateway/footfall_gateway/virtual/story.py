"""What the made-up runner of `footfall demo --programme` does, day by day: nine months with every state of a plan.

A test, a programme that amber holds and red stops, a calf that hurts, a landing that shifts, the checks after 1, 3
and 6 months, exercises with a step on and a step back; then two programmes that are not carried through.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from footfall_coaching.exercises.catalogue import LATE
from footfall_coaching.exercises.session import Session
from footfall_coaching.programme.afterwards import months_later
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.try_out.plan import Cue, eight_blocks
from footfall_coaching.try_out.recall import MOST_DAYS, Wanted
from footfall_gateway.virtual.follower import CALF, KNEE, OWN, Follower, Scene
from footfall_gateway.virtual.months import Form

DAYS: Final = 295
"""From the first day to the last one."""
SOFT: Final = 0.76
"""Impact at the programme's end, as a share of the own one."""
SQUAT: Final = "squat"
AT_THE_END: Final = replace(OWN, left_g=OWN.left_g * SOFT, right_g=OWN.right_g * SOFT)
HALF_LOST: Final = replace(OWN, left_g=OWN.left_g * 0.99, right_g=OWN.right_g * 0.99)
CHANGED: Final = "No session is due, as the plan was changed on its page; an easy run instead."
TRY_OUT: Final = "/plan/try-out"


def story(runner: Follower) -> Iterator[Scene]:
    """Live through it, scene by scene: each has happened once it is given."""
    runner.past()
    runner.at(0, 9)
    yield Scene(runner.now, "Three months of running, a knee that hurts a little, and no plan yet.")
    yield from _tries_out(runner)
    runner.at(1, 9)
    why_not = runner.begins_programme(ProgrammeKind.IMPACT)
    runner.begins_exercises()
    yield Scene(
        runner.now, why_not or "The programme of softer landing begins, and exercises beside it. Session 1 is due."
    )
    yield from _first_sessions(runner)
    yield from _stopped_by_red(runner)
    yield from _guarded(runner)
    yield from _last_sessions(runner)
    yield from _afterwards(runner)
    yield from _not_carried_through(runner)


def _tries_out(runner: Follower) -> Iterator[Scene]:
    runner.at(0, 17, 30)
    runner.begins_test(eight_blocks(Cue.IMPACT, *KNEE))
    yield Scene(runner.now, "Test before you train: the order of eight blocks is drawn, and the warm-up runs.", TRY_OUT)
    runner.warms_up(2)
    yield Scene(runner.now, "Warm. What block 1 is, is told when it begins.", TRY_OUT)
    softer = replace(OWN, left_g=OWN.left_g * 0.84, right_g=OWN.right_g * 0.84)
    block = 0
    while runner.runs_block(OWN, softer, ((2, 2, 2, 2), (0, 1, 0, 1))):
        block += 1
        if block in (1, 4):
            yield Scene(runner.now, f"{block} of 8 blocks are run, and after each it was asked what hurt.", TRY_OUT)
    runner.ends_test()
    yield Scene(runner.now, "The seal is opened: what came out, and how likely chance alone would do it.", TRY_OUT)
    runner.at(0, 18, 15)
    runner.tells(runner.runs(21.0), 2)


def _first_sessions(runner: Follower) -> Iterator[Scene]:
    yield from _session(runner, 1, 0.93, 1, seen_untold=True)
    first = runner.exercises_on(2)
    runner.walks_backwards(5.0)
    yield Scene(runner.now, "A day of rest from the programme; the first exercises are done, with a walk backwards.")
    yield from _session(runner, 3, 0.88, 0)
    runner.exercises_on(4)
    runner.walks_backwards(5.0)
    yield from _session(runner, 5, 0.85, 0)
    session = runner.exercises_on(6)
    yield Scene(runner.now, f"Exercises done twice as planned, on green: {change(first, session)}")
    yield from _session(
        runner, 7, 0.84, 4, words="Session 4 hurt, 4 of 10: the light is amber, and nothing gets harder."
    )
    runner.at(8, 8)
    yield Scene(runner.now, "Exercises were done on three of seven days, and that is enough.")
    runner.at(9, 8)
    yield Scene(runner.now, "Still amber: the same session comes again.")
    easier = runner.exercises_on(9)
    yield Scene(runner.now, f"Exercises on amber: {change(session, easier)}")
    yield from _session(runner, 9, 0.83, 3, words="It hurt again, 3 of 10.")
    runner.at(11, 8)
    yield Scene(runner.now, "Amber twice in a row: the same session, and a shorter one.")
    runner.exercises_on(11)
    yield from _session(runner, 11, 0.82, 1, words="The short one felt well: green.")


def _stopped_by_red(runner: Follower) -> Iterator[Scene]:
    before = runner.exercises_on(13)
    yield Scene(runner.now, "The sound fades from here on: on for a part of the session, then the same without.")
    yield from _session(runner, 13, 0.8, 6, words="6 of 10: the light is red, and stops programme and exercises.")
    runner.at(14, 8)
    yield Scene(runner.now, "Stopped by red, until the light has been green on two days.")
    for day in (15, 16):
        runner.at(day, 8)
        runner.tells_morning()
    yield Scene(runner.now, "Two quiet mornings. What comes next is a short easy run, without sound.")
    runner.at(17, 17, 30)
    runner.tells(runner.runs(11.0), 0)
    yield Scene(runner.now, "The easy run felt well: green on one day.")
    runner.at(18, 8)
    runner.tells_morning()
    easier = runner.exercises_on(18)
    yield Scene(runner.now, f"Green on two days: taken up again, one step back. Exercises: {change(before, easier)}")
    runner.at(18, 17, 30)
    session_id, _ = runner.runs_session(0.8)
    runner.at(20, 8)
    yield Scene(runner.now, "Nothing was told of the last session, so it comes again.")
    runner.tells(session_id, 0)
    yield Scene(runner.now, "It felt well, is told now, and the next session opens.")
    runner.exercises_on(20)
    yield from _session(runner, 20, 0.79, 1)


def _guarded(runner: Follower) -> Iterator[Scene]:
    runner.exercises_on(22)
    runner.at(22, 17, 30)
    runner.tells(runner.runs_session(0.78)[0], 3, CALF)
    yield Scene(runner.now, "The right calf hurts, and that is new: the guard holds the programme.")
    runner.at(24, 8)
    runner.tells_morning()
    yield Scene(runner.now, "The calf is quiet, and the programme goes on.")
    hurting = runner.exercises_on(25, {SQUAT: 4})
    yield Scene(runner.now, "In the exercises squats hurt, 4 of 10.")
    runner.at(25, 17, 30)
    runner.tells(runner.runs_session(0.77, rearfoot=0.62)[0], 0)
    yield Scene(runner.now, "Landing has moved towards the forefoot, unasked: the guard holds the programme again.")
    easier = runner.exercises_on(27)
    yield Scene(runner.now, f"Exercises after the squats hurt: {change(hurting, easier)}")
    runner.at(27, 17, 30)
    runner.tells(runner.runs(20.0), 0)
    yield Scene(runner.now, "A run that lands as usual, and the programme goes on.")


def _last_sessions(runner: Follower) -> Iterator[Scene]:
    yield from _session(runner, 29, 0.77, 0)
    before = runner.exercises_on(30)
    yield from _session(runner, 31, SOFT, 0)
    for day in (32, 34, 37):
        harder = runner.exercises_on(day)
    yield Scene(runner.now, f"Weeks of exercises as planned, on green: {change(before, harder)}")
    runner.exercises_on(39)
    runner.at(40, 8)
    yield Scene(runner.now, "Nine days without a session: the last one comes again.")
    yield from _session(runner, 40, SOFT, 0)
    runner.exercises_on(41)
    yield from _session(runner, 42, SOFT, 0)
    runner.at(44, 8)
    late = runner.looks().exercise_session
    has_late = late is not None and any(item.exercise.key == LATE for item in late.items)
    yield Scene(runner.now, "Two weeks of green: knees may go over the toes." if has_late else "Exercises go on.")


def _afterwards(runner: Follower) -> Iterator[Scene]:
    done = runner.looks().programme
    over_on = runner.now.date() if done is None or done.over_on is None else done.over_on
    for day in (46, 49):
        runner.exercises_on(day)
    runner.weeks(50, 3)
    kept = runner.day_of(months_later(over_on, 1))
    runner.at(kept, 9)
    yield Scene(runner.now, "A month after the programme: a check is due.")
    yield from _check(runner, kept, AT_THE_END)
    runner.weeks(kept + 8, 1)
    runner.at(kept + 20, 9)
    yield Scene(runner.now, "The twelve weeks of exercises are over.")
    runner.weeks(kept + 22, 5)
    recalled = runner.day_of(months_later(over_on, 3))
    runner.at(recalled, 9)
    yield Scene(runner.now, "Three months after: the second check.")
    yield from _check(runner, recalled, HALF_LOST)
    for week in (1, 2):
        runner.weeks(recalled + 7 * week - 5, 1)
        runner.at(recalled + 7 * week, 9)
        yield Scene(runner.now, "What can be recalled and does not stay by itself gets a reminder, once a week.")
    runner.weeks(recalled + 16, 9)
    lost = runner.day_of(months_later(over_on, 6))
    runner.at(lost, 9)
    yield Scene(runner.now, "Six months after: the last check.")
    yield from _check(runner, lost, HALF_LOST, HALF_LOST)


def _not_carried_through(runner: Follower) -> Iterator[Scene]:
    day = runner.day_of(runner.now.date()) + 3
    runner.at(day, 9)
    why_not = runner.begins_programme(ProgrammeKind.IMPACT)
    runner.begins_exercises()
    yield Scene(runner.now, why_not or "What is lost can be learned again: the programme and the exercises begin anew.")
    yield from _session(runner, day, 0.9, 0)
    runner.at(day + 2, 9)
    runner.ends_programme()
    runner.ends_exercises()
    yield Scene(runner.now, "The runner gives both up.")
    runner.at(day + 4, 17, 30)
    runner.tells(runner.runs(30.0, OWN), 0)
    for ago, pain in ((8, 0), (16, 0), (24, 3)):
        runner.at(day + 4 + ago, 17, 30)
        runner.tells(runner.runs(8.0, OWN), pain)
    runner.at(day + 30, 9)
    why_not = runner.begins_programme(ProgrammeKind.CADENCE)
    yield Scene(
        runner.now,
        why_not or "After a month of eight minutes at a time quicker steps begin, on amber: they wait for green.",
    )
    runner.at(day + 32, 17, 30)
    runner.tells(runner.runs(8.0, OWN), 0)
    runner.at(day + 36, 9)
    yield Scene(runner.now, "The longest run of 30 days is a short one: the ceiling leaves no room for a session.")
    runner.at(day + 61, 9)
    yield Scene(runner.now, "No session for more than four weeks: the programme is over.")


def _session(
    runner: Follower, day: int, softer: float, pain: int, *, words: str = "", seen_untold: bool = False
) -> Iterator[Scene]:
    """Run the session that is due on a day, and tell how it felt."""
    runner.at(day, 17, 30)
    session_id, step = runner.runs_session(softer)
    if not step:
        runner.tells(session_id, 0)
        yield Scene(runner.now, CHANGED)
        return
    if seen_untold:
        yield Scene(runner.now, f"Session {step} is run. How it felt is still to be told.")
    runner.tells(session_id, pain)
    yield Scene(runner.now, words or f"Session {step} is run, and told: {pain} of 10 in the left knee.")


def _check(runner: Follower, day: int, now: Form, at_the_end: Form = AT_THE_END) -> Iterator[Scene]:
    """Do the check that is due, on other days again where that would tell more."""
    for number in range(MOST_DAYS):
        runner.at(day + 2 * number, 17, 30)
        rule = runner.checks(now, at_the_end)
        if rule is None:
            return
        is_clear = rule.wanted is Wanted.NOTHING
        yield Scene(runner.now, "The check is run." if is_clear else "The check is run, and not clear yet.", TRY_OUT)
        if is_clear:
            return


def change(before: Session | None, session: Session | None) -> str:
    """Say which exercises of two sessions have become harder, or easier, and how they are done now."""
    if before is None or session is None:
        return "nothing changes."
    was = {item.exercise.key: item.place.number for item in before.items}
    moved = [(item, item.place.number - was.get(item.exercise.key, item.place.number)) for item in session.items]
    told = [
        f"{'a step on' if steps > 0 else 'a step back'}, {item.words[0].lower()}{item.words[1:]}"
        for item, steps in moved
        if steps
    ]
    return f"{'; '.join(told[:2])}." if told else "nothing changes."
