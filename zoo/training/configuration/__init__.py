"""What a run is asked for: the TOML, its schema, the tasks."""
