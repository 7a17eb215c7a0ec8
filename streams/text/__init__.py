"""What is read in a text: n-grams, language, sentiment, aspects, requests, fingerprints."""
