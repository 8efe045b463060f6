"""What a run was worth: metrics with intervals, figures, the page."""
