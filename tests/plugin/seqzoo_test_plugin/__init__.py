"""Whoever imports this package before a model is built, is noticed."""
