"""What people find in Kibana: a data view of the index, a search for negative feedback, and an overview.

``objects`` states them, ``setup`` puts them there by Kibana's public HTTP API.
"""
