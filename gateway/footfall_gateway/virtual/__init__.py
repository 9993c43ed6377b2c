"""Sensors without hardware: they play recordings over a radio that exists in this process only."""
