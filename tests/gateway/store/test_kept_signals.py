"""What a session's signals have shown is said again of what is made anew from its stored strides."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from footfall_gateway import cli, wire
from footfall_gateway.store.database import Store
from footfall_gateway.store.kept_signals import with_kept_signals
from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.results.axes import with_axes
from footfall_processing.results.clocks import with_clocks
from footfall_processing.results.summary import SessionSummary, summarize
from footfall_processing.session import Placement, Sensor, Side
from gateway.recordings_for_tests import LEFT, header

RIGHT = Sensor("foot-right", Placement.FOOT, Side.RIGHT, 200.0)
FEET = (LEFT, RIGHT)
STRIDES = [
    Stride(
        sensor_id=sensor.id,
        side=sensor.side,
        activity=Activity.RUN,
        initial_contact_s=at_s,
        toe_off_s=at_s + 0.25,
        next_contact_s=at_s + 0.7,
        peak_acc_mps2=80.0,
        foot_strike_angle_rad=0.2,
        stride_length_m=2.0,
    )
    for number, sensor in enumerate(FEET)
    for at_s in (0.7 * k + 0.35 * number for k in range(20))
]


def kept(summary: SessionSummary) -> dict[str, object]:
    """The object as the store gives it back."""
    return msgspec.json.decode(wire.json_line(wire.summary_object(summary)), type=dict[str, object])


@pytest.mark.parametrize("axes", [{}, {LEFT.id: "one axis is negated"}])
@pytest.mark.parametrize("clocks", [{}, {sensor.id: "starts 3 s before" for sensor in FEET}])
def test_the_summary_made_anew_is_the_session_s_own(axes: dict[str, str], clocks: dict[str, str]) -> None:
    plain = summarize(STRIDES, FEET)
    assert plain.step_times
    own = with_clocks(with_axes(plain, axes), clocks)
    assert with_kept_signals(plain, STRIDES, kept(own)) == own
    before = {name: value for name, value in kept(own).items() if name not in ("axes_disagree", "clocks_differ")}
    assert with_kept_signals(plain, STRIDES, before) == plain, "an older Footfall said nothing of them"


def test_of_a_session_that_was_cut_off_flags_tell_whose_axes_disagree() -> None:
    strides = [*STRIDES[:-1], replace(STRIDES[-1], quality=(StrideFlag.AXES_DISAGREE,))]
    summary = with_kept_signals(summarize(strides, FEET), strides, None)
    assert [*summary.axes_disagree] == [RIGHT.id]
    assert all(("foot_strike_angle_deg" in part.metrics) == (part.sensor_id == LEFT.id) for part in summary.sensors)


def test_a_session_s_remarks_are_shown_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = with_axes(summarize(STRIDES, FEET), {LEFT.id: "one axis is negated"})
    with Store.open(tmp_path / "footfall.sqlite") as store:
        store.add_session(header())
        store.add_strides(header().session.id, STRIDES)
        store.finish_session(header().session.id, kept(own))
    assert cli.run(["sessions", "show", "--data-dir", str(tmp_path)]) == 0
    assert "disagree: one axis is negated" in " ".join(capsys.readouterr().out.split())
