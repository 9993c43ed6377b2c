"""The recording that comes with Footfall, in a clone and in an installed package alike."""

from importlib import resources
from pathlib import Path
from typing import Final

NAME: Final = "rearfoot-runner.mcap"
"""A link to the one in the repository's `recordings/`; a built package holds the file itself."""


def example_recording() -> Path:
    """Return two minutes of a synthetic runner with a sensor on each foot: stands, walks, then runs ever faster."""
    return Path(str(resources.files(__package__) / NAME))
