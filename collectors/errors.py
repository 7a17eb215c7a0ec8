"""What can end a collector, named by what to do about it."""

from __future__ import annotations


class CollectorError(Exception):
    """Base of all endings that a collector or its client may raise. The message is a sentence for a person."""


class RetryLater(CollectorError):  # noqa: N818 - named by what to do
    """The other side is busy or away: run again after ``after`` seconds, nothing is broken."""

    def __init__(self, after: float, why: str = "asked to come back later") -> None:
        super().__init__(f"{why}; again in {after:.0f} s")
        self.after = after
        self.why = why


class LayoutChanged(CollectorError):  # noqa: N818 - named by what happened
    """The place no longer looks as the collector knows it: it stops and its owner is told; never "0 reviews"."""


class NotFound(LayoutChanged):
    """The address answers 404 or 410."""


class Refused(CollectorError):  # noqa: N818 - named by what happened
    """Something that must not be fetched or was denied (robots.txt, a private address, 401, 403, too large)."""


class LimitReached(CollectorError):  # noqa: N818 - named by what happened
    """The collector stopped before the end of the listing, on purpose; what it yielded counts."""


class Forged(CollectorError):  # noqa: N818 - named by what happened
    """A received message does not carry the signature that its source promises: it goes to the quarantine."""


class NotStored(CollectorError):  # noqa: N818 - named by what happened
    """What was collected could not be published: whoever sent it must send it again."""


class Stopped(CollectorError):  # noqa: N818 - named by what happened
    """The process is being stopped; nothing is wrong."""


class InvalidConfig(CollectorError):  # noqa: N818 - as InvalidReview and InvalidEvent
    """A source's configuration or a plug-in is wrong. The message says what to write instead."""
