"""Judged reviews -> documents that people search, and letters to those who asked to be told."""
