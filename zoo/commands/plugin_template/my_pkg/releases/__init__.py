"""Each folder in here is a release, written by zoo.save and never changed."""
