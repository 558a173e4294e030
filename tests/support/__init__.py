"""Real machines for tests to talk to."""
