"""Every edge of the system: sensors, files, the store, the command line."""
