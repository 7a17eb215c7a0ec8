"""The product on Kafka and Elasticsearch, with a function for each service of a deployment."""
