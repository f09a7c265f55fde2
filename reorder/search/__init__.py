"""Finds the cheapest order; ints and bitmasks only."""
