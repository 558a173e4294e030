"""THE EXECUTING SIDE: carries jobs out."""
