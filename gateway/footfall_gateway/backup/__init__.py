"""Backups of a data folder: made while it is used, checked, and brought back."""
