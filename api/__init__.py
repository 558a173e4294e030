"""THE HTTP SIDE: requests into calls on shared, and back."""
