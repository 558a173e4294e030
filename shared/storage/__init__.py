"""Finished artifacts: one door, two kinds of store behind it."""
