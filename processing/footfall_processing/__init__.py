"""Footfall's signal processing: IMU blocks in, strides out. Pure: no I/O, no clock, no threads."""
