"""Strides from an accelerometer alone, on foot or shin."""
