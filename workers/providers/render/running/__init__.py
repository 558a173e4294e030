"""A render as a process: started, limited, listened to, and cleared away."""
