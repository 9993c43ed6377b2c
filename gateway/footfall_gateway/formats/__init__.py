"""Recordings in other people's formats: CSV, Parquet, Motion-BIDS."""

from footfall_gateway.formats.csv_export import export_csv
from footfall_gateway.formats.export_files import ExportError
from footfall_gateway.formats.motion_bids import export_motion_bids
from footfall_gateway.formats.parquet import export_parquet

__all__ = ["ExportError", "export_csv", "export_motion_bids", "export_parquet"]
