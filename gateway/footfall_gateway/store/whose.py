"""Whose a session is: as its description says, or as it was set right afterwards."""

from footfall_gateway.recordings.header import runner_name_in


def whose(header: str, told: str | None) -> str:
    """Return a session's runner; empty where nobody said.

    Parameters
    ----------
    header
        Its description, as JSON text.
    told
        What was said afterwards; `None` where nothing was.
    """
    return runner_name_in(header.encode()) if told is None else told
