"""How Limner is started and operated."""
