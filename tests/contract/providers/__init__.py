"""One suite that every adapter passes against the emulator of its vendor."""
