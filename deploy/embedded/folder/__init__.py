"""What lies in the folder of one Limner."""
