"""The signal itself: one clock, one 200 Hz grid, the last seconds of it, and which way the sensor sits."""
