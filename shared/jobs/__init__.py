"""Jobs: what is asked for, how it lives, and how it is found again."""
