"""Recordings: raw packets in a file that a power cut can't spoil."""
