"""Tables in files, CSV and JSON lines: from bytes to rows, from rows to reviews."""
