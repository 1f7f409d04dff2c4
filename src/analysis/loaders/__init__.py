"""One module per publisher: fetch, decode and keep what they publish, in their own codes."""
