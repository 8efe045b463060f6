"""Studies: one question each, answered by training small models."""
