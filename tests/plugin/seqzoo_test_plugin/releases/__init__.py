"""Each folder in here is a release."""
