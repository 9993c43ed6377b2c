"""What a program that runs for months owes to whoever keeps it running: its health, its log, systemd's protocol."""
