"""Strides from a sensor on the shin that has a gyroscope."""
