"""What motifs do: put into sequences, alone and in pairs, and taken out of them."""
