"""Reference recordings made by others: what each group can honestly carry, and Footfall held against it.

The folder holds, in sub-folders, `NAME.csv` with its sidecar and `NAME.truth.json`: strides, windows and, for each
quantity, of what kind its reference is (gold, good, proxy, peer-device, none). Only gold and good are used here, and
for detection also proxies.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from footfall_gateway.machine_code import keep
from validation.agreement import Agreement, agreement
from validation.comparison import Comparison, Values, analyzed, compare, raw_of
from validation.measures import LEAST_STRIDES, MEASURES, Measure, mean_cadence_spm

SOUND: Final = ("gold", "good")
TIMEOUT_S: Final = 1800.0
SHIFTS_S: Final = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)

GROUP_TEXTS: Final = {
    "rbds-foot": (
        "Foot, 2 runners on a force treadmill at 2.5 and 4.5 m/s",
        "Virtual sensor, computed from markers at 150 Hz (RBDS: Fukuchi et al. 2017, "
        "doi:10.7717/peerj.3298; CC BY 4.0)",
        "Contacts: force plate. Angle: foot markers, against mid-stance. Length: belt speed and markers.",
        "No impact shock, no noise. Strike classes are those of the marker angle.",
    ),
    "rbds-shank": (
        "Shank, the same runs",
        "Virtual sensor, as above",
        "Contacts: force plate.",
        "As above.",
    ),
    "rbds-noforce-foot": (
        "Foot, one of these runners at 3.5 m/s",
        "Virtual sensor, as above",
        "As above, but contacts from markers: they serve to find strides, not to time them.",
        "As above.",
    ),
    "rbds-noforce-shank": (
        "Shank, the same run",
        "Virtual sensor, as above",
        "As above.",
        "As above.",
    ),
    "jdx-foot": (
        "Foot, 1 runner on a force treadmill at 4.1 m/s",
        "Virtual sensor, computed from markers at 240 Hz (MIT, © 2022 John Davis)",
        "As RBDS.",
        "As RBDS; 27 strides.",
    ),
    "jdx-shank": (
        "Shank, the same run",
        "Virtual sensor, as above",
        "Contacts: force plate.",
        "As above.",
    ),
    "pyshoe-run": (
        "Foot, one user running in tight circles in a small room",
        "Real sensor on the instep, 200 Hz (PyShoe: Wagstaff et al. 2019, arXiv:1910.00529)",
        "Length and speed: Vicon. Contact is a proxy (foot slower than 0.8 m/s): it finds strides, "
        "but does not time them.",
        "Gyroscope flat at about 540 °/s. Curves, starts and stops, no steady running.",
    ),
    "pyshoe-walk": (
        "Foot, the same user walking",
        "Real sensor, as above",
        "As above.",
        "As above; one of the seven is shuffling in steps of less than half a metre.",
    ),
    "pyshoe-other": (
        "Foot, stairs and crawling",
        "Real sensor, as above",
        "None: only that nothing breaks.",
        "–",
    ),
    "gaitmap-walk": (
        "Both feet, 1 person walking 2 × 20 m",
        "Real sensors, 204.8 Hz (example data of the gaitmap package, MIT)",
        "Contacts: motion capture, within its volume.",
        "Heel strike and toe-off as motion capture sees them, ±20 to 30 ms.",
    ),
    "adept-run": (
        "Shoe, 1 runner outdoors, with stops",
        "Real accelerometer alone, 100 Hz, ±8 g (R package adeptdata, GPL-3)",
        "Step rate of a sensor on the hip, per 10 s.",
        "Nothing but cadence.",
    ),
    "wmf-run": (
        "Shoe, 1 runner, 56 s",
        "Real sensor over Bluetooth, 100 Hz, with lost packets (hobby foot pod, Apache-2.0)",
        "A Stryd foot pod, per 10 s: another device, not a truth. Its clock was fitted on cadence itself.",
        "One short run; agreement of two devices.",
    ),
    "hamloop-foot": (
        "Foot, 5 runners on a force treadmill at 2 to 5 m/s",
        "Virtual sensor, computed from markers (Hamner & Delp 2013, doi:10.1016/j.jbiomech.2012.11.024); each trial "
        "of some seconds repeated to 16 to 20 s",
        "Contacts: force plate. Angle: foot markers, against mid-stance. Length: belt speed and markers.",
        "No impact shock, no noise; strides are repeated, so that runners count, not strides. The forces were low-pass "
        "filtered and the filter undone: a bias that all share below 4 ms (contact) or 6 ms (contact time) means "
        "nothing.",
    ),
    "hamloop-shank": ("Shank, the same runs", "Virtual sensor, as above", "Contacts: force plate.", "As above."),
    "hamraw-foot": ("Foot, the same trials once", "As above", "As above.", "4 to 6 s: how soon strides are found."),
    "hamraw-shank": ("Shank, the same trials once", "As above", "As above.", "As above."),
    "hugadb-walk-foot": (
        "Foot, 5 people walking",
        "Real sensors, 58.8 Hz, ±2 g, much clipped (HuGaDB)",
        "Label; cadence by autocorrelation of the same signal.",
        "Detection alone.",
    ),
    "hugadb-walk-shank": ("Shin, 6 people walking", "As above", "As above.", "As above."),
    "hugadb-walk-foot-acc": ("Foot, 7 people walking", "As above, the gyroscope left out", "As above.", "As above."),
    "hugadb-walk-shank-acc": ("Shin, 6 people walking", "As above, the gyroscope left out", "As above.", "As above."),
    "hugadb-bike-foot": ("Foot, 1 person cycling", "Real sensor, as above", "No gait.", "False strides alone."),
    "hugadb-bike-shank": ("Shin, 1 person cycling", "Real sensor, as above", "No gait.", "False strides alone."),
    "llio-walk-foot": (
        "Foot, 1 person walking, with some jogging",
        "Real sensor, 200 Hz",
        "Marks on the floor, hand-checked mid-stances.",
        "Length, and one contact a stride.",
    ),
    "ncsu-terrain-shank": (
        "Lower leg, 6 people on flat ground, stairs and grass, and standing",
        "Real sensor, 40 Hz, ±4 g, mounting unknown",
        "Cadence by autocorrelation of the same signal.",
        "Detection alone; nobody runs.",
    ),
    "nongait-drop_jump-foot": ("Foot, drop jumps", "Virtual sensor (OpenCap validation)", "No gait.", "Few seconds."),
    "nongait-drop_jump-shank": ("Shank, drop jumps", "As above", "No gait.", "Few seconds."),
    "nongait-sit_to_stand-foot": ("Foot, standing up from a chair", "As above", "No gait.", "Few seconds."),
    "nongait-sit_to_stand-shank": ("Shank, standing up from a chair", "As above", "No gait.", "Few seconds."),
}
"""Per group: who and where; the sensor and its source; the reference; its limits."""

SINGLE_PERSON: Final = frozenset({"adept", "gaitmap", "jdx", "llio", "pyshoe", "wmf"})
"""Sources that recorded one person."""

FORCE_PLATE: Final = {"foot": ("rbds-foot", "jdx-foot"), "shank": ("rbds-shank", "jdx-shank")}
"""Groups of runners on force plates, by site, in sight of whom the estimators were built."""

ALL_FORCE_PLATE: Final = {site: (*names, f"hamloop-{site}") for site, names in FORCE_PLATE.items()}
"""With those who came later."""

QUANTITIES: Final = {
    "initial_contact_s": ("ic",),
    "toe_off_s": ("contact",),
    "contact_time_s": ("contact",),
    "swing_time_s": ("contact",),
    "stride_time_s": ("ic", "stride_time"),
    "cadence_spm": ("ic", "stride_time"),
    "foot_strike_angle_deg": ("foot_angle",),
    "stride_length_m": ("length",),
    "speed_mps": ("length",),
}
"""For each measure the references of which one must be sound."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Mean values over windows of 10 s, where a reference gives no strides.

    Parameters
    ----------
    cadence_spm, contact_time_ms, speed_mps
        Agreement of the windows' means; only windows in which the reference is steady.
    shifted_cadence_spm
        That of cadence with all windows of the reference moved by so many seconds: how much hangs on its clock.
    steady_s
        Of each recording, the windows that the reference calls steady.
    """

    cadence_spm: Agreement
    contact_time_ms: Agreement
    speed_mps: Agreement
    shifted_cadence_spm: Mapping[float, Agreement]
    steady_s: Mapping[str, Sequence[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Group:
    """All recordings of one kind; `measures` are those that its reference can carry, `truths` what it says of each."""

    name: str
    measures: Sequence[Measure]
    comparisons: Sequence[Comparison]
    windows: Windows
    truths: Sequence[Mapping[str, Any]]

    def by_person(self) -> dict[str, list[tuple[Comparison, Mapping[str, Any]]]]:
        """Return the recordings of each person, by what the source calls them."""
        found: dict[str, list[tuple[Comparison, Mapping[str, Any]]]] = {}
        for comparison, truth in zip(self.comparisons, self.truths, strict=True):
            found.setdefault(person(truth), []).append((comparison, truth))
        return dict(sorted(found.items()))


def person(truth: Mapping[str, Any]) -> str:
    """Return who was recorded: the recording's name begins with it, in one source after the kind of part.

    Sources of a single person are called after the source.
    """
    source = str(truth["group"]).partition("-")[0]
    if source in SINGLE_PERSON:
        return source
    return str(truth["recording"].split("_")[1 if truth["dataset"] == "ncsu-terrain" else 0])


def compare_folder(
    folder: Path,
    *,
    drop_gyro: bool = False,
    processes: int = 1,
    advance_to: Callable[[float], None] = lambda _: None,
) -> list[Group]:
    """Run every recording of the folder through the analysis, and hold it against its reference.

    Parameters
    ----------
    drop_gyro
        As if the sensors had no gyroscope; recordings without one are left out.
    processes
        How many work side by side.
    advance_to
        Is told how many recordings are done.
    """
    paths = []
    for path in sorted(folder.glob("**/*.truth.json")):
        truth = json.loads(path.read_text("utf-8"))
        if not drop_gyro or _has_gyro(path):
            paths.append((path, truth))
    found: dict[str, list[tuple[Comparison, Mapping[str, Any]]]] = {}
    with _workers(processes) as work:
        compared = work(_compare_file, *zip(*paths, strict=True), repeat(drop_gyro)) if paths else ()
        for done, ((_, truth), comparison) in enumerate(zip(paths, compared, strict=True), start=1):
            found.setdefault(truth["group"], []).append((comparison, truth))
            advance_to(done)
    order = {name: k for k, name in enumerate(GROUP_TEXTS)}
    return [
        Group(
            name,
            _sound_measures(found[name]),
            [comparison for comparison, _ in found[name]],
            _windows(found[name]),
            [truth for _, truth in found[name]],
        )
        for name in sorted(found, key=lambda name: (order.get(name, len(order)), name))
    ]


@contextmanager
def _workers(count: int) -> Iterator[Callable[..., Iterable[Comparison]]]:
    if count == 1:
        yield map
        return
    with ProcessPoolExecutor(count, get_context("spawn"), initializer=keep) as pool:
        yield pool.map


def _csv_of(path: Path) -> Path:
    return path.with_name(path.name.replace(".truth.json", ".csv"))


def _has_gyro(path: Path) -> bool:
    with _csv_of(path).open(encoding="utf-8") as file:
        return "gx_dps" in file.readline()


def _compare_file(path: Path, truth: Mapping[str, Any], drop_gyro: bool) -> Comparison:
    csv = _csv_of(path)
    sensors, blocks, strides = analyzed([csv], drop_gyro=drop_gyro)
    strikes = _strikes_of_leg(path)
    true = [{**_stride(stride), **strikes.get(stride["ic_s"], {})} for stride in truth.get("strides", [])]
    covered_s = [(float(a), float(b)) for a, b in truth["coverage"]]
    return compare(csv.stem, sensors[0], true, strides, raw_of(sensors[0], blocks), covered_s)


def _strikes_of_leg(path: Path) -> dict[float, Values]:
    """Strike classes of a shank recording by initial contact: those of the foot of the same leg, where it is there."""
    foot = path.with_name(path.name.replace("_shank_", "_foot_"))
    if foot == path or not foot.exists():
        return {}
    truth = json.loads(foot.read_text("utf-8"))
    return {stride["ic_s"]: {"strike": stride.get("strike_kinematic")} for stride in truth["strides"]}


def _stride(stride: Mapping[str, Any]) -> Values:
    """A reference stride by the names of Footfall's; the strike's class is that of the marker angle."""
    return {
        "initial_contact_s": stride["ic_s"],
        "toe_off_s": stride["to_s"],
        "next_contact_s": stride["next_ic_s"],
        "activity": stride["activity"],
        "contact_time_s": stride["contact_s"],
        "swing_time_s": None if stride["to_s"] is None else stride["next_ic_s"] - stride["to_s"],
        "stride_time_s": stride["stride_time_s"],
        "cadence_spm": 120.0 / stride["stride_time_s"],
        "foot_strike_angle_deg": stride["foot_angle_deg"],
        "strike": stride.get("strike_kinematic"),
        "stride_length_m": stride["length_m"],
        "speed_mps": stride["speed_mps"],
    }


def _sound_measures(items: Sequence[tuple[Comparison, Mapping[str, Any]]]) -> list[Measure]:
    def sound(quantity: str) -> bool:
        return all(truth["refs"].get(quantity, {}).get("kind") in SOUND for _, truth in items)

    return [measure for measure in MEASURES if any(sound(quantity) for quantity in QUANTITIES.get(measure.name, ()))]


def _windows(items: Sequence[tuple[Comparison, Mapping[str, Any]]]) -> Windows:
    contact, speed = [], []
    for comparison, truth in items:
        for window in truth.get("stance_windows", []):
            times = _values(comparison.found, "contact_time_s", window)
            if len(times) >= LEAST_STRIDES:
                contact.append(1e3 * (sum(times) / len(times) - window["contact_s"]))
        for window in truth.get("speed_windows", []):
            speeds = _values(comparison.found, "speed_mps", window)
            if len(speeds) >= LEAST_STRIDES:
                speed.append(sum(speeds) / len(speeds) - window["mps"])
    shifted = {shift_s: agreement(_cadence_errors(items, shift_s)) for shift_s in SHIFTS_S}
    steady_s = {
        comparison.recording: [(w["start_s"], w["end_s"]) for w in truth.get("cadence_windows", []) if _is_steady(w)]
        for comparison, truth in items
    }
    return Windows(agreement(_cadence_errors(items, 0.0)), agreement(contact), agreement(speed), shifted, steady_s)


def _is_steady(window: Mapping[str, Any]) -> bool:
    return bool(window.get("steady", True))


def _cadence_errors(items: Sequence[tuple[Comparison, Mapping[str, Any]]], shift_s: float) -> Iterator[float]:
    for comparison, truth in items:
        for window in truth.get("cadence_windows", []):
            spm = mean_cadence_spm(comparison.found, (window["start_s"] + shift_s, window["end_s"] + shift_s))
            if _is_steady(window) and spm is not None:
                yield spm - window["spm"]


def _values(found: Sequence[Values], name: str, window: Mapping[str, float]) -> list[float]:
    return [
        stride[name]
        for stride in found
        if window["start_s"] <= stride["initial_contact_s"] < window["end_s"] and stride[name] is not None
    ]


def scored(folder: Path) -> str:
    """Let the folder's own score.py measure `footfall analyze`, and return its table."""
    footfall = shutil.which("footfall", path=str(Path(sys.executable).parent)) or "footfall"
    done = subprocess.run(
        [sys.executable, "score.py", f"{footfall} analyze {{csv}} --json", "."],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    return done.stdout.rstrip()
