"""Data sets, baselines and metrics behind the released weights."""
