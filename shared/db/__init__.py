"""Postgres: connections, transactions and migrations."""
