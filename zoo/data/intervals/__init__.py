"""Tables of intervals, BED and its relatives, read and cut out of a genome."""
