"""``python -m tools.chaos``: hits a running deployment at random, then compares what went in with what came out."""
