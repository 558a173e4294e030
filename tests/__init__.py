"""What Limner does, tried on its real parts."""
