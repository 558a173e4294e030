"""Those who make media: remote vendors and local engines."""
