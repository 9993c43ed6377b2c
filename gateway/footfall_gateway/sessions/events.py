"""What comes of a session's packets. Who only reads or passes it on need not load what computes it."""

from typing import TypeAlias

from footfall_processing.companions import CompanionReading
from footfall_processing.gait import GaitEvent
from footfall_processing.results.windows import Window

Event: TypeAlias = GaitEvent | Window | CompanionReading
