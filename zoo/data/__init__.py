"""FASTA, BED and tables -> uint8 codes -> batches. Importing this imports nothing."""
