"""From a configuration to a release: data, members, folder, search."""
