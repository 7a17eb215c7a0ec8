"""What developers run around the product; none of it is shipped."""
