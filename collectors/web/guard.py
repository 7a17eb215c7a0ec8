"""Which addresses may be spoken to, checked where the connection is made.

The name is resolved once and the connection goes to the very address that was checked, so a name server that answers
differently the second time (DNS rebinding) gains nothing. A watchdog ends what takes too long, whatever it does.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.poolmanager import PoolManager

from collectors.errors import Refused


def check_address(address: str, *, host: str, private: bool) -> None:
    """Raise Refused unless ``address`` may be connected to.

    Args:
        address: A numeric IP address.
        host: The name that led to it.
        private: Whether this host may lie in a private or loopback network. Link-local addresses, where clouds keep
            their metadata, are refused all the same.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    embedded = _embedded(ip)
    for one in (ip, *embedded):
        if one.is_link_local or one.is_multicast or one.is_unspecified or str(one) == "fd00:ec2::254":
            raise Refused(f"{host} leads to {one}, which is no address of a web site")
        if not one.is_global and not private and not (embedded and one is ip):
            raise Refused(
                f"{host} leads to {one}, a private address; if that is meant, name the host in the source's "
                "`client = { allow_private = [...] }` (for `molva new-collector`: --allow-private)"
            )


def check_host(host: str, *, allow_private: frozenset[str]) -> None:
    """Raise Refused when ``host`` leads where nobody may go; a name that only the proxy knows passes."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    for *_, address in found:
        check_address(str(address[0]), host=host, private=host.lower().rstrip(".") in allow_private)


def _embedded(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for (mapped, 6to4, NAT64)."""
    if not isinstance(ip, ipaddress.IPv6Address):
        return []
    found = [ip.ipv4_mapped, ip.sixtofour]
    if ip in ipaddress.ip_network("64:ff9b::/96"):
        found.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


class _Watch:
    """Ends the socket of the exchange that runs in this thread when its time is over."""

    def __init__(self) -> None:
        self.connection: HTTPConnection | None = None
        self.expired = False

    def expire(self) -> None:
        self.expired = True
        sock = getattr(self.connection, "sock", None)
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                sock.close()


_current = threading.local()


@contextmanager
def watching(seconds: float) -> Iterator[_Watch]:
    """End whatever this thread's connection is doing after ``seconds``; the socket timeout alone never would."""
    watch = _Watch()
    _current.watch = watch
    timer = threading.Timer(seconds, watch.expire)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        _current.watch = None


class _Guarded:
    """Mixed into urllib3's connections: resolve once, check, connect to what was checked."""

    allow_private: frozenset[str] = frozenset()

    def _new_conn(self: Any) -> socket.socket:
        host, port = self._dns_host.strip("[]"), self.port
        private = self.host.strip("[]").lower().rstrip(".") in self.allow_private
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NameResolutionError(self.host, self, error) from error  # type: ignore[arg-type]
        for *_, address in found:
            check_address(str(address[0]), host=self.host, private=private)
        last: OSError | None = None
        for *_, address in found:
            try:
                return socket.create_connection((str(address[0]), port), self.timeout)
            except OSError as error:
                last = error
        raise NewConnectionError(self, f"cannot connect: {last}") from last

    def request(self: Any, *args: Any, **kwargs: Any) -> None:
        watch = getattr(_current, "watch", None)
        if watch is not None:
            watch.connection = self
        super().request(*args, **kwargs)  # type: ignore[misc]


class _GuardedHTTP(_Guarded, HTTPConnection):
    pass


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    pass


class GuardedAdapter(HTTPAdapter):
    """Requests' adapter over guarded connections."""

    def __init__(self, allow_private: Iterable[str] = ()) -> None:
        self._allowed = frozenset(host.lower().rstrip(".") for host in allow_private)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pools with connections that know which private hosts are meant."""
        allowed = self._allowed
        http = type("HTTP", (_GuardedHTTP,), {"allow_private": allowed})
        https = type("HTTPS", (_GuardedHTTPS,), {"allow_private": allowed})
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {
            "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": http}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": https}),
        }
