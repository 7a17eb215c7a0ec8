"""Stream steps: what a review is, whose copy it is, how likely it is fake, and why."""
