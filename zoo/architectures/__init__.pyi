from . import blocks as blocks, heads as heads
