"""The local engine for 3D models: a picture becomes a relief that can be held."""

from workers.providers.local.relief.engine import ReliefEngine

__all__ = ["ReliefEngine"]
