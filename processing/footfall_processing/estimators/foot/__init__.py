"""Strides from a sensor on the foot that has a gyroscope."""
