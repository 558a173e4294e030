"""The whole, from outside: nothing here imports anything of Limner."""
