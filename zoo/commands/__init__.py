"""One command a file: `add_parser` and `run`. All import Keras late."""
