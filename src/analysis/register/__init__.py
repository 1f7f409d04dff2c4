"""Keep the participation register: check, add, import, review, describe and release it."""
