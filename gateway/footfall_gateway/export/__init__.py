"""Recordings in other people's formats: CSV, Parquet, Motion-BIDS."""

from footfall_gateway.export.csv_files import export_csv
from footfall_gateway.export.files import ExportError
from footfall_gateway.export.motion_bids import export_motion_bids
from footfall_gateway.export.parquet import export_parquet

__all__ = ["ExportError", "export_csv", "export_motion_bids", "export_parquet"]
