"""A replay of all publishers on loopback, with their real shapes and every known way to fail."""

from replay.server import Mishap, Replay
from replay.world import World

__all__ = ["Mishap", "Replay", "World"]
