"""Uploads: files that callers hand in, for jobs to start from."""
