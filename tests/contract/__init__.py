"""What callers may rely on."""
