"""The render queue's engine: a timeline, a stitch or a trim, to a file, in this machine."""
