"""Signals along a genome, as bigWig files have them."""
