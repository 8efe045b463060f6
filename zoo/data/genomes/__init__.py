"""Genomes by name and interval."""
