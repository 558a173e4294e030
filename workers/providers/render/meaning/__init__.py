"""What the words of a timeline mean: where a clip is at a second of it, and how much shows."""
