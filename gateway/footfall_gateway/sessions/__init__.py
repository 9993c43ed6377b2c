"""A session on its way: from packets to everyone who listens."""
