"""What the gateway does with a request, apart from HTTP: who gets it, what is kept, and how often one may ask."""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from collectors.configured import Source
from collectors.cursors import State
from collectors.errors import Forged, NotStored, Refused
from collectors.plugin import Received
from collectors.quarantine import Quarantine
from collectors.runner import Receipt, Runner
from schemas.wire import InvalidReview

log = logging.getLogger(__name__)


class Reception:
    """Takes requests for the sources that the gateway calls."""

    def __init__(self, sources: Sequence[Source], runner: Runner, states: Callable[[str], State]) -> None:
        """Say who is called.

        Args:
            sources: The configured sources; those that the clock runs are left out.
            runner: Checks and publishes.
            states: The memory of a source, by its name.
        """
        self.sources: Mapping[str, Source] = {source.name: source for source in sources if source.collector.pushed}
        self._runner, self._states = runner, states

    def take(self, name: str, received: Received) -> Receipt | None:
        """Give the request to the source called ``name``; None when it was put into the quarantine.

        Returns only when what came of it is safe. Raises InvalidReview and Refused, which are the sender's to mend,
        NotStored and quarantine.Full, after which it must be sent again, and KeyError for no source.
        """
        source, state = self.sources[name], self._states(name)
        try:
            return self._runner.receive(source, state, received)
        except (InvalidReview, Refused, NotStored):
            raise
        except Forged as error:
            reason = str(error)
        except Exception as error:
            log.exception("source %s: its collector failed; the request is kept", name)
            reason = f"{type(error).__name__}: {error}"
        Quarantine(state).hold(received, reason)
        return None

    def replay(self, name: str) -> tuple[int, int]:
        """Give a source everything in its quarantine again; returns how many it took and how many stay."""
        quarantine = Quarantine(self._states(name))
        keys = quarantine.keys()
        for key in keys:
            try:
                receipt = self.take(name, quarantine.get(key).received)
            except (InvalidReview, Refused) as error:
                log.warning("source %s: a request stays in the quarantine: %s", name, error)
                continue
            if receipt is not None:
                quarantine.discard(key)
        stay = len(quarantine.keys())
        return len(keys) - stay, stay


class Limiter:
    """How many requests one network address may make. Forgets whoever has been quiet for long."""

    MOST = 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def wait(self, source: str, address: str, per_minute: float) -> float:
        """Seconds until this address may ask again; 0 when it may now, which then counts."""
        key = (source, _network(address))
        now = self._clock()
        with self._lock:
            tokens, at = self._tokens.pop(key, (per_minute, now))
            tokens = min(per_minute, tokens + (now - at) * per_minute / 60.0)
            allowed = tokens >= 1.0
            self._tokens[key] = (tokens - 1.0 if allowed else tokens, now)
            while len(self._tokens) > self.MOST:
                self._tokens.popitem(last=False)
        return 0.0 if allowed else (1.0 - tokens) * 60.0 / per_minute


def _network(address: str) -> str:
    """The address, of IPv6 the network that one person has."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    return str(ipaddress.ip_network(f"{ip}/64", strict=False)) if ip.version == 6 else str(ip)
