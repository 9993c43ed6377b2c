"""The public interface: its names and signatures, which others build on, and that importing it costs little."""

import inspect
import subprocess
import sys
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

import footfall

NAMES = {
    "METRICS": "mapping",
    "STANDARD_GRAVITY_MPS2": "float",
    "Activity": "WALK RUN",
    "Analysis": "recording strides summary; stride_table summary_table window_table windows",
    "Drift": "blocks per_10_min per_km",
    "ExportFormat": "csv parquet motion-bids",
    "FootfallError": "Exception",
    "InputError": "FootfallError ValueError",
    "Metric": "name label unit decimals value definition source sites needs_gyro valid_range min_rate_hz known_error "
    "limits oriented needs_side needs_runner ratio_scale display_unit display_scale measured too_slow is_peak compared "
    "drifts garmin running_only legs_error_percent; shown shown_unit sum_name",
    "MetricSummary": "n median mean p10 p90 sd cv_percent",
    "Placement": "FOOT SHANK",
    "Recording": "; duration_s export name remarks samples sensors session write",
    "Runner": "mass_kg height_m",
    "Sensor": "id placement side sampling_rate_hz acc_range_mps2 gyro_range_radps has_gyro length_gain",
    "SensorSamples": "id placement side rate_hz t_s acc_g gyro_dps acc_range_g gyro_range_dps length_gain; sensor",
    "SensorSummary": "sensor_id side activity strides metrics strikes clipped_strides distance_m shock_index_g drift "
    "peak_sum_g moving_s distance_strides missing",
    "Session": "id started_utc sensors software runner runner_name shoe begin_s",
    "SessionSummary": "duration_s sensors balance symmetry_index_percent left_minus_right step_times side_guesses "
    "sides_may_be_swapped balance_error_percent axes_disagree clocks_differ one_signal; is_even",
    "Side": "LEFT RIGHT",
    "SideGuess": "side confidence",
    "Slope": "slope low high",
    "Stride": "sensor_id side activity initial_contact_s toe_off_s next_contact_s peak_acc_mps2 peak_tibial_acc_mps2 "
    "foot_strike_angle_rad strike strike_confidence stride_length_m pronation_excursion_rad peak_eversion_rate_radps "
    "shank_tilt_rad stance_roll_rad vertical_stiffness_npm leg_stiffness_npm confidence quality; cadence_spm "
    "contact_time_s duty_factor flight_time_s speed_mps stride_time_s swing_time_s",
    "StrideFlag": "ACC_CLIPPED GYR_CLIPPED SAMPLES_LOST SAMPLES_HELD RATE_LOW_FOR_PEAKS RATE_LOW_FOR_EVENTS "
    "AXES_DISAGREE ALIGNED_LATER SENSOR_MOVED BACKWARD STAIRS LOW_CONFIDENCE",
    "Strike": "REARFOOT MIDFOOT FOREFOOT NON_REARFOOT",
    "Table": "columns; to_pandas to_polars units write_csv",
    "Window": "kind index begin_s end_s summary",
    "WindowName": "10s 1min 5min 1km",
    "analyze": "(recording: footfall.recording.Recording, *, runner: footfall_processing.session.Runner | None = None, "
    "estimators: 'Estimator | str | Sequence[Estimator | str]' = ()) -> footfall.analysis.Analysis",
    "example_recording": "() -> pathlib.Path",
    "from_arrays": "(*sensors: footfall.recording.SensorSamples, name: str = 'arrays', "
    "started_utc: datetime.datetime | None = None, runner: footfall_processing.session.Runner | None = None)"
    " -> footfall.recording.Recording",
    "read": "(*paths: str | pathlib.Path) -> footfall.recording.Recording",
}
"""What may be relied on. A change here is one for everybody who builds on Footfall: it belongs in the changelog."""

METHODS = {
    "Analysis.stride_table": "(self) -> footfall.table.Table",
    "Analysis.summary_table": "(self) -> footfall.table.Table",
    "Analysis.window_table": "(self, kind: Literal['10s', '1min', '5min', '1km']) -> footfall.table.Table",
    "Analysis.windows": "(self, kind: Literal['10s', '1min', '5min', '1km'])"
    " -> tuple[footfall_processing.results.windows.Window, ...]",
    "Metric.shown": "(self, value: float) -> float",
    "Recording.export": "(self, folder: str | pathlib.Path, format: Literal['csv', 'parquet', 'motion-bids'] = 'csv')"
    " -> list[pathlib.Path]",
    "Recording.samples": "(self, sensor_id: str) -> footfall.recording.SensorSamples",
    "Recording.write": "(self, path: str | pathlib.Path) -> None",
    "SensorSamples.sensor": "(self) -> footfall_processing.session.Sensor",
    "SessionSummary.is_even": "(self, name: str) -> bool",
    "Table.to_pandas": "(self) -> 'pd.DataFrame'",
    "Table.to_polars": "(self) -> 'pl.DataFrame'",
    "Table.write_csv": "(self, path: str | pathlib.Path) -> None",
}

LOADED_LATER = ("bleak", "llvmlite", "matplotlib", "mcap", "msgspec", "numba", "pandas", "polars", "scipy", "sqlite3")


def described(thing: object) -> str:
    if inspect.isclass(thing):
        if issubclass(thing, Exception):
            return " ".join(base.__name__ for base in thing.__bases__)
        if issubclass(thing, Enum):
            return " ".join(thing.__members__)
        own = [field.name for field in fields(thing)] if is_dataclass(thing) else []
        methods = [name for name in sorted(vars(thing)) if not name.startswith("_") and name not in own]
        return " ".join(own) + ("; " + " ".join(methods) if methods else "")
    if inspect.isfunction(thing):
        signature = str(inspect.signature(thing)).replace("typing.", "")
        return signature.replace("pathlib._local.", "pathlib.")  # as Python 3.13 calls it
    if isinstance(thing, float):
        return "float"
    choices = getattr(thing, "__args__", None)
    return " ".join(choices) if choices else "mapping"


def test_names_fields_and_signatures_are_what_others_build_on() -> None:
    assert {name: described(getattr(footfall, name)) for name in footfall.__all__} == NAMES


def test_so_are_methods() -> None:
    methods = {
        f"{name}.{method}": described(function)
        for name in footfall.__all__
        if inspect.isclass(getattr(footfall, name))
        for method, function in vars(getattr(footfall, name)).items()
        if not method.startswith("_") and inspect.isfunction(function)
    }
    assert methods == METHODS


def test_everything_public_is_documented_and_typed() -> None:
    for name in footfall.__all__:
        thing = getattr(footfall, name)
        assert inspect.getdoc(thing) or not (inspect.isclass(thing) or inspect.isfunction(thing)), name
    for name in METHODS:
        kind, method = name.split(".")
        assert inspect.getdoc(getattr(getattr(footfall, kind), method)), name
    assert Path(footfall.__file__).with_name("py.typed").is_file()


def test_the_catalogue_is_the_one_that_all_numbers_come_from() -> None:
    from footfall_processing.metrics.catalogue import STRIDE_METRICS

    assert footfall.METRICS is STRIDE_METRICS


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, footfall; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "footfall" in loaded
    assert [name for name in LOADED_LATER if name in loaded] == []
