"""Limner on one machine with nothing installed: its own Postgres, Valkey and processes."""
