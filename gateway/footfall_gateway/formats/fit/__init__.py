"""FIT, the format of sports watches: a run written as watches write it, and a watch's run read."""

from footfall_gateway.formats.fit.reading import FitError, WatchRun, read_fit
from footfall_gateway.formats.fit.writing import export_fit, fit_of

__all__ = ["FitError", "WatchRun", "export_fit", "fit_of", "read_fit"]
