"""Bluetooth: scanning, links and the sensors that are worn."""
