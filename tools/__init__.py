"""Programs that train, verify and measure; nothing of them is installed."""
