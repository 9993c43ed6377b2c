"""What a runner is told of one day."""

from datetime import timedelta, timezone

from coaching.history import NOW, felt, morning, run
from footfall_coaching.answers import Effort, Phase
from footfall_coaching.light_rule import Colour
from footfall_coaching.run import Run
from footfall_coaching.today import Question, today_of


def test_an_empty_log_asks_and_tells_nothing() -> None:
    today = today_of([], [], [], [], [], NOW)
    assert (today.light.colour, today.ceiling.limit_m) == (Colour.UNKNOWN, None)
    assert not today.questions
    assert not today.messages
    assert [message.rule for message in today.told] == ["ceiling"]


def test_a_run_is_asked_once_for_what_is_open() -> None:
    latest = run(0.1, name="latest")

    def asked(*levels: Phase, efforts: tuple[Effort, ...] = ()) -> list[Question]:
        pains = [felt(latest, 0, phase) for phase in levels]
        return list(today_of([latest, run(3)], pains, [], efforts, [], NOW).questions)

    assert asked() == [Question("latest", Phase.DURING)]
    assert asked(Phase.DURING) == [Question("latest", Phase.AFTER)]
    assert asked(Phase.DURING, Phase.AFTER) == []
    assert asked(efforts=(Effort("latest", 4, None),)) == []


def test_the_morning_is_asked_on_the_day_after_by_the_runner_s_clock() -> None:
    late = run(1.0, name="late")  # ends at 19:00 UTC
    told = [felt(late, 0), felt(late, 0, Phase.AFTER)]

    def asked(hours_later: float, zone_hours: float) -> list[Question]:
        now = (NOW + timedelta(hours=hours_later)).astimezone(timezone(timedelta(hours=zone_hours)))
        return list(today_of([late], told, [], [], [], now).questions)

    assert asked(-12, 0) == [Question("late", Phase.MORNING)]
    assert asked(-19, 0) == []  # the same day still
    assert asked(8, 0) == []  # two days after
    assert asked(-1, 6) == []  # there the run ended today
    assert today_of([late], [*told, felt(late, 1, Phase.MORNING, hours_after=12)], [], [], [], NOW).questions == []


def test_one_message_after_a_run_above_the_ceiling() -> None:
    runs = [run(9, 10_000.0), run(0.5, 25_000.0)]
    today = today_of(runs, [], [], [], [], NOW)
    (message,) = today.messages
    assert message.words.startswith("25.0 km: above the ceiling of 11.0 km, 2.50 ×")
    assert message in today.told
    assert message.session_id == "run-0.5"
    assert today_of(runs, [], [], [], [], NOW + timedelta(days=3)).messages == []


def test_all_that_is_told_goes_to_the_ledger_once_a_day() -> None:
    runs = [run(9, 10_000.0), run(2, 9000.0)]
    pains = [felt(runs[1], 4), morning(1, 0)]

    def keys(hours: float) -> list[str]:
        return [message.key for message in today_of(runs, pains, [], [], [], NOW + timedelta(hours=hours)).told]

    assert len(keys(0)) == 2
    assert keys(0) == keys(2)
    assert keys(0)[0] != keys(24)[0]


def test_demos_are_no_part_of_a_day() -> None:
    demos: list[Run] = [run(0.1, is_demo=True), run(1.0, 30_000.0, is_demo=True)]
    assert today_of(demos, [], [], [], [], NOW).questions == []
