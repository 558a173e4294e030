"""What is kept no longer: because a plan says so, or its owner."""
