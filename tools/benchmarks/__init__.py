"""Every architecture on every data set, under one small budget."""
