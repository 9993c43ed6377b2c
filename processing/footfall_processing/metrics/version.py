"""Which results are alike: those of one version of the metrics."""

from typing import Final

METRICS_VERSION: Final = 1
"""Raised by one when results of the same signal move: strides, windows or summaries, by more than rounding.

What is kept of a session says by which version it was worked out, 0 by one from before there was this number, so that
old results are not taken for new ones; `footfall reprocess` works them out anew. A test holds what this version makes
of `recordings/` (`tests/gateway/test_metrics_version.py`), so that nobody forgets it. It tells nothing of estimators
from other packages.
"""
