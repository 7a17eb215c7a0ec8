"""Reading texts: their n-grams, language, sentiment, aspects, requests, and the form in which copies are found."""
