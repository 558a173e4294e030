"""What needs Postgres, Valkey or a store: all of them real."""
