"""Studies of a data folder: their files (`study_file`), and what is kept of each once it has begun."""

from footfall_gateway.studies.kept import StudiesFolder, StudyError

__all__ = ["StudiesFolder", "StudyError"]
