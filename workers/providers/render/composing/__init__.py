"""Frames out of a plan: pictures moved, filtered, and laid one over the other, as planes."""
