"""Audit of recorded runs: find, show, compare, mark, remove them, and say what is wrong with them."""
