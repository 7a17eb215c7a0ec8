"""The parts that a risk model is made of: hashed text models, small trees, weights of evidence."""
