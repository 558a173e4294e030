"""What is heard, mixed to the sample."""
