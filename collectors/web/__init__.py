"""What the polite client is made of: one file for each thing that a guest on other people's servers must not forget."""
