from . import motifs as motifs, simulation as simulation
