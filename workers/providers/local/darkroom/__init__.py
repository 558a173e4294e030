"""The local engine for pictures that are there: no model of anything, plain image processing."""

from workers.providers.local.darkroom.engine import DarkroomEngine

__all__ = ["DarkroomEngine"]
