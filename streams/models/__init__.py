"""The shipped weights with a card beside each, and the scripts that made them."""
