"""Vendors that make media, spoken to over HTTP: one module each, on one client."""
