"""Measuring Footfall's accuracy: what `scripts/validate.py` puts into `docs/validation.md`."""
