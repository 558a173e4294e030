"""Files as they come from outside: found out what they are, and opened as pictures and sound."""
