"""Footfall for researchers: read a recording or take arrays, analyse, get strides as typed objects and as a table.

::

    import footfall

    recording = footfall.read(footfall.example_recording())
    analysis = footfall.analyze(recording)
    for stride in analysis.strides: ...          # typed, SI
    frame = analysis.stride_table().to_pandas()  # one row a stride, outside units, or .to_polars(), .columns

What is named in `__all__` is the public interface; the packages `footfall_processing` and `footfall_gateway` below it
are not, and may change. Names, units, sources and known errors of all metrics are in `METRICS`. Whatever goes wrong is
a `FootfallError` whose text is one line that says what to do.

Importing this package loads NumPy and nothing heavier; the signal processing is loaded by the first analysis.
"""

from footfall.analysis import Analysis, WindowName, analyze
from footfall.recording import ExportFormat, Recording, SensorSamples, example_recording, from_arrays, read
from footfall.table import Table
from footfall_processing.errors import FootfallError, InputError
from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import STRIDE_METRICS as METRICS
from footfall_processing.metrics.catalogue import Metric
from footfall_processing.metrics.drift import Drift, Slope
from footfall_processing.results.sides import SideGuess
from footfall_processing.results.summary import MetricSummary, SensorSummary, SessionSummary
from footfall_processing.results.windows import Window
from footfall_processing.session import Placement, Runner, Sensor, Session, Side
from footfall_processing.units import STANDARD_GRAVITY_MPS2

__all__ = [
    "METRICS",
    "STANDARD_GRAVITY_MPS2",
    "Activity",
    "Analysis",
    "Drift",
    "ExportFormat",
    "FootfallError",
    "InputError",
    "Metric",
    "MetricSummary",
    "Placement",
    "Recording",
    "Runner",
    "Sensor",
    "SensorSamples",
    "SensorSummary",
    "Session",
    "SessionSummary",
    "Side",
    "SideGuess",
    "Slope",
    "Stride",
    "StrideFlag",
    "Strike",
    "Table",
    "Window",
    "WindowName",
    "analyze",
    "example_recording",
    "from_arrays",
    "read",
]
