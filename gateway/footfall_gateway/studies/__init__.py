"""Studies of a data folder: their files, and what is kept of each once it has begun."""

from footfall_gateway.studies.kept import StudiesFolder, StudyError, read_study

__all__ = ["StudiesFolder", "StudyError", "read_study"]
