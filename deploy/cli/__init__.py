"""The command `limner`."""
