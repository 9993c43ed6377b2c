"""Footfall against the real gaitmap, on the same signal in one run: `python benchmarks/gaitmap.py`.

Not part of `make bench`, as it installs gaitmap from the package registry, into an environment that is removed again.
gaitmap's stride-level pipeline is what its manual shows for a foot sensor: Rampp's events, Madgwick's orientation,
forward-backward integration, temporal and spatial parameters. It is handed the borders of the strides, which it would
otherwise have to look for; Footfall starts from samples. The signal is of walking, as gaitmap drops most strides of
running before it computes anything of them. Footfall is given it both ways: in one block, and as sensors send
it, 19 samples a packet. Each does its work on one core, once its code is compiled; both sides take turns.
"""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path
from signal import SIGTERM, default_int_handler
from signal import signal as handle_signal
from typing import Final

import numpy as np

from footfall_processing.gait import Stride
from footfall_processing.pipeline import analyze
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Side
from footfall_processing.synthetic import Runner, RunPlan, SensorSetup, Site, simulate, stand, walk, worn_sensor
from footfall_processing.units import RADIANS_PER_DEGREE
from measure import Measurement, least_cpu_s, main

PACKAGES: Final = ("gaitmap==2.6.0", "gaitmap-mad==2.6.0")
RATE_HZ: Final = 200.0
WALK_S: Final = 250.0
INSTALL_LIMIT_S: Final = 600.0
RUN_LIMIT_S: Final = 300.0
ROUNDS: Final = 3
REPEATED: Final = 50
"""So often ours is done in one measurement, which then lasts as long as one of theirs: on a busy machine, the least of
many short ones finds moments in which nobody disturbs, and that of a few long ones does not."""
PACKET_ROWS: Final = 19
"""Of a packet of the Footfall profile."""

STRIDE_LEVEL_PIPELINE: Final = """
import json, sys, time, warnings
import numpy as np, pandas as pd
from gaitmap.event_detection import RamppEventDetection
from gaitmap.parameters import SpatialParameterCalculation, TemporalParameterCalculation
from gaitmap.trajectory_reconstruction import ForwardBackwardIntegration, MadgwickAHRS, StrideLevelTrajectory
from gaitmap.utils.consts import SF_COLS
from gaitmap.utils.coordinate_conversion import convert_left_foot_to_fbf

warnings.simplefilter("ignore")
signal = np.load(sys.argv[1])
rate_hz = float(signal["rate_hz"])
data = pd.DataFrame(signal["samples"], columns=SF_COLS)
borders = pd.DataFrame({"s_id": range(len(signal["starts"])), "start": signal["starts"], "end": signal["ends"]})

def work():
    events = RamppEventDetection().detect(convert_left_foot_to_fbf(data), borders, sampling_rate_hz=rate_hz)
    strides = events.min_vel_event_list_
    trajectory = StrideLevelTrajectory(ori_method=MadgwickAHRS(), pos_method=ForwardBackwardIntegration())
    trajectory.estimate(data, strides, sampling_rate_hz=rate_hz)
    TemporalParameterCalculation().calculate(strides, sampling_rate_hz=rate_hz)
    spatial = SpatialParameterCalculation()
    spatial.calculate(strides, trajectory.position_, trajectory.orientation_, sampling_rate_hz=rate_hz)
    return spatial.parameters_

times = []
for _ in range(4):
    begin_s = time.process_time()
    found = work()
    times.append(time.process_time() - begin_s)
print(json.dumps({"least_s": min(times[1:]), "strides": len(found)}))
"""


def install(folder: Path) -> Path:
    """Make an environment with gaitmap; return its Python."""
    venv.EnvBuilder(with_pip=True).create(folder)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", *PACKAGES]
    try:
        done = subprocess.run(pip, capture_output=True, text=True, timeout=INSTALL_LIMIT_S, check=False)
        problem = "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
    except subprocess.TimeoutExpired:
        problem = f"not done within {INSTALL_LIMIT_S:g} s"
    if problem:
        sys.exit(f"gaitmap can't be installed, which needs the network: {problem}")
    return python


def write_signal(path: Path, signal: Sequence[ImuBlock], strides: Sequence[Stride]) -> None:
    """Hand over samples in gaitmap's units, and the strides from toe-off to toe-off, which is how it cuts them."""
    t_s = np.concatenate([block.t_s for block in signal])
    acc_mps2 = np.concatenate([block.acc_mps2 for block in signal])
    gyr_radps = np.concatenate([block.gyr_radps for block in signal if block.gyr_radps is not None])
    toe_offs_s = np.array([stride.toe_off_s for stride in strides if stride.toe_off_s is not None])
    rows = np.searchsorted(t_s, toe_offs_s)
    whole = np.diff(toe_offs_s) < 2.0
    np.savez(
        path,
        rate_hz=RATE_HZ,
        samples=np.hstack((acc_mps2, gyr_radps / RADIANS_PER_DEGREE)),
        starts=rows[:-1][whole],
        ends=rows[1:][whole],
    )


def cut(signal: Sequence[ImuBlock], rows: int) -> list[ImuBlock]:
    """Return the same samples in blocks of so many rows."""
    whole = (
        np.concatenate([block.t_s for block in signal]),
        np.concatenate([block.acc_mps2 for block in signal]),
        np.concatenate([block.gyr_radps for block in signal if block.gyr_radps is not None]),
        np.concatenate([block.quality for block in signal]),
    )
    return [
        ImuBlock(signal[0].sensor_id, *(column[begin : begin + rows] for column in whole))
        for begin in range(0, len(whole[0]), rows)
    ]


def measure() -> list[Measurement]:
    """Rows a second of both and their ratios."""
    sensor = worn_sensor("foot-left", Site.INSTEP, Side.LEFT, rate_hz=RATE_HZ)
    plan = RunPlan((stand(3.0), walk(WALK_S, 1.4), stand(3.0)))
    signal = simulate(plan, Runner(), [SensorSetup(sensor, Site.INSTEP)], seed=11)[sensor.id].blocks()
    rows, strides = sum(map(len, signal)), analyze([sensor], signal)
    whole, packets = cut(signal, rows), cut(signal, PACKET_ROWS)

    def analyze_often(blocks: Sequence[ImuBlock]) -> None:
        for _ in range(REPEATED):
            analyze([sensor], blocks)

    ways = (lambda: analyze_often(whole), lambda: analyze_often(packets))
    ours_s, theirs_s, their_strides = [float("inf")] * len(ways), float("inf"), 0
    with tempfile.TemporaryDirectory() as folder:
        python = install(Path(folder) / "environment")
        path = Path(folder) / "signal.npz"
        write_signal(path, signal, strides)
        command = [str(python), "-c", STRIDE_LEVEL_PIPELINE, str(path)]
        for _ in range(ROUNDS):
            ours_s = list(map(min, ours_s, least_cpu_s(*ways, rounds=2)))
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=RUN_LIMIT_S, check=True)
            theirs = json.loads(done.stdout)
            theirs_s, their_strides = min(theirs_s, theirs["least_s"]), theirs["strides"]
    in_block_s, in_packets_s = (of_all_s / REPEATED for of_all_s in ours_s)
    return [
        Measurement("Footfall: one block to strides", rows / in_block_s, "rows/s"),
        Measurement("Footfall: packets of 19 rows to strides", rows / in_packets_s, "rows/s"),
        Measurement("gaitmap: borders to parameters", rows / theirs_s, "rows/s"),
        Measurement("Footfall: strides", len(strides), ""),
        Measurement("gaitmap: strides", their_strides, ""),
        Measurement("one block: times gaitmap", theirs_s / in_block_s, "×", at_least=100.0),
        Measurement("packets of 19 rows: times gaitmap", theirs_s / in_packets_s, "×", at_least=60.0),
    ]


if __name__ == "__main__":
    # so that the environment is removed when we are told to end, too
    handle_signal(SIGTERM, default_int_handler)
    main("Footfall against gaitmap, one foot at 200 Hz", measure)
