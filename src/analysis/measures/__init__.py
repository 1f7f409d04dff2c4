"""Pure functions from tidy frames to estimates with their uncertainty."""
