"""The form of a timeline: what may be asked of the render queue, whoever's words it comes in.

The names are those of the published timelines (Shotstack's), so that one written for them reads on;
what those leave open, or mean in two ways, is fixed here and in ``docs/timelines.md``.
"""
