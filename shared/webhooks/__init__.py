"""Webhooks: an event that happened, a delivery that is owed, an attempt that was made."""
