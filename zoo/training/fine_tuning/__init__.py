"""Which weights move, and how far: groups, rates, adapters, unfreezing."""
