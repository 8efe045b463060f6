"""Pages to look at: predictions, the bases behind them, motifs and variants."""
