"""Detectors: each finds one kind of evidence about reviews; one file each."""
