"""What every dialect keeps, whatever it says."""
