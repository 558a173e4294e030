"""THE GROUND: what both sides must agree on, and the domain itself."""
