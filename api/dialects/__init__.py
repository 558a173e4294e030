"""Foreign contracts, spoken unchanged: each translates to the same jobs as our own."""
