"""The file of a study, as its organiser writes it."""

from pathlib import Path

from footfall_coaching.studies.file import StudyFile
from footfall_gateway.outside import read_file
from footfall_gateway.outside_yaml import parse_yaml


def read_study(path: Path) -> StudyFile:
    """Read the file of a study.

    Raises
    ------
    OutsideError
        When it can't be read, or says what no study can be; the message names file, line and field.
    """
    return parse_yaml(read_file(path), StudyFile, str(path))
