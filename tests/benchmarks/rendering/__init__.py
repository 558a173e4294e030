"""Renders measured beside the least that they can cost, and beside what others make of them."""
