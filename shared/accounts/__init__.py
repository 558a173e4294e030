"""Who uses this server: accounts and their keys."""
