"""What strides come to: windows, splits, the session's summary, sides, calibration."""
