"""Sequenced reads -> where their ends lie, counted along a genome."""
