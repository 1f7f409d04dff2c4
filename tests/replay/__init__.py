"""A replay of all publishers on loopback, with their real shapes and every known way to fail."""

from tests.replay.server import Mishap, Replay
from tests.replay.world import World

__all__ = ["Mishap", "Replay", "World"]
