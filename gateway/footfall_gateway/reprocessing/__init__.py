"""Recordings worked out anew, thousands of them: by whom, which, and where their results go."""
