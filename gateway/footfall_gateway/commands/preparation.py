"""Have the signal processing ready before a session begins."""

from footfall_gateway import console
from footfall_processing.compiled import KERNEL_CACHE, is_kept
from footfall_processing.pipeline import push_samples
from footfall_processing.warmup import warm_up


def prepare_processing() -> None:
    """Load the compiled signal processing; compile it first, and say so, where set-up has not."""
    if (remark := wait_ahead()) is not None:
        console.remark(remark)
    warm_up()


def wait_ahead() -> str | None:
    """Say why the signal processing takes a while to get ready; `None` when it does not."""
    kept = is_kept(push_samples)
    if kept:
        return None
    how_often = f"at each start, as {KERNEL_CACHE.parent} can't be written" if kept is None else "this once"
    return f"compiling the signal processing, {how_often}; it takes about half a minute ..."
