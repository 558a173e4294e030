"""What both sides must know of a foreign contract: how it shows a job."""
