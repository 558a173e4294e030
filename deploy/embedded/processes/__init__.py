"""Processes of ours: started, watched, started again, ended without trace."""
