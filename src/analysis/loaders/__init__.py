"""One module per publisher: fetch and decode what they publish, as tidy frames in their own codes."""
