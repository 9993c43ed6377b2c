"""People and what is kept of them: shown, handed out, removed, and let go of after a time."""
