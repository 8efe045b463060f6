"""Networks for seqzoo."""
