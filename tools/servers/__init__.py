"""Real servers for the tests, without Docker: Kafka, two Elasticsearch versions, Dovecot and an SMTP receiver.

``python -m tools.servers start`` fetches them once by their Maven coordinates into a cache outside the repository,
starts them on free loopback ports, waits until each answers, prints the addresses and keeps them in a file that the
tests read. ``python -m tools.servers stop`` ends what it started and nothing else.
"""
