"""Who wants to know what, when it is said, and the letter that tells them."""
