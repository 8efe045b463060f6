"""One architecture a file, one function a file. Importing this imports none."""
