"""Frames and sound become files, and these are opened again."""
