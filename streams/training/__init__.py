"""Teach Molva a team's own kind of fake: labelled reviews in, a model folder with a card out."""

from streams.training.labels import Labelled, TooFewLabelsError, read_labels
from streams.training.report import Report, summary
from streams.training.run import train

__all__ = ["Labelled", "Report", "TooFewLabelsError", "read_labels", "summary", "train"]
