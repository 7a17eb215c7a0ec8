"""Short messages as gateways hand them over: read by one table of field names, joined when they come in parts."""
