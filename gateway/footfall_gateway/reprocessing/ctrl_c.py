"""Loaded by processes that work for one command: Ctrl-C, which all of a terminal get, is that command's to answer."""

import signal


def dask_setup(_worker: object) -> None:
    """Leave it alone; the name is Dask's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
