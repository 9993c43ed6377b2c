"""What the test of the image says when it can't go on: what is missing, and what to do."""


class LackError(Exception):
    """Something is missing that the test of the image needs; its text says what, and what to do."""
