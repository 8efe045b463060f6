"""All of a training on disk, whole or not at all."""
