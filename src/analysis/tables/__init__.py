"""One module per tidy table, each with its schema; only ``panel`` joins."""
