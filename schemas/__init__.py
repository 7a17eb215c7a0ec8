"""The words and shapes that every room shares; a leaf that imports nothing of Molva."""
