"""Chaos: the real parts under load while they are killed, frozen, flushed and cut off."""
