"""Have the signal processing ready before a session begins."""

from footfall_gateway import console
from footfall_processing.warmup import is_compiled, warm_up


def prepare_processing() -> None:
    """Load the compiled signal processing; compile it first, and say so, where set-up has not."""
    if not is_compiled():
        console.remark("compiling the signal processing, this once; it takes about half a minute ...")
    warm_up()
