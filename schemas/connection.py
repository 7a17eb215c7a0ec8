"""How to reach Kafka: one shape for all its clients, and the names of things on a cluster that others use too."""

from __future__ import annotations

import ssl
from typing import Any, Literal

import msgspec

Security = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """Where Kafka is and how to be let in.

    Attributes:
        servers: ``host:port``, several with commas.
        prefix: Goes before every topic and consumer group; empty on a cluster of one's own.
        replicas: Copies of each topic that is created; as many as brokers, at most three.
        security: Kafka's security.protocol.
        mechanism: SASL's, as in ``SCRAM-SHA-512``.
        user: SASL's user.
        password: SASL's password. It comes from the environment or a file and is never shown.
        ca_file: Certificates that sign the brokers'; None trusts the system's.
        certificate_file: Our own certificate, when brokers ask for one.
        key_file: Its key.
    """

    servers: str = "127.0.0.1:9092"
    prefix: str = ""
    replicas: int = 1
    security: Security = "PLAINTEXT"
    mechanism: str | None = None
    user: str | None = None
    password: str | None = None
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None

    def __repr__(self) -> str:
        return f"Connection(servers={self.servers!r}, prefix={self.prefix!r}, user={self.user!r})"

    def name(self, topic: str) -> str:
        """A topic's or group's name on this cluster."""
        return f"{self.prefix}{topic}"

    def plain(self, name: str) -> str:
        """The name without the cluster's prefix: the one in ``schemas.topics``."""
        return name.removeprefix(self.prefix)

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS context, or None without TLS; raises OSError when a certificate cannot be read."""
        if not self.security.endswith("SSL"):
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate_file:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context

    def client(self) -> dict[str, Any]:
        """What every kafka-python client is given to reach the cluster; raises OSError as ``ssl_context`` does."""
        settings: dict[str, Any] = {
            "bootstrap_servers": self.servers.split(","),
            "security_protocol": self.security,
            "ssl_context": self.ssl_context(),
            "reconnect_backoff_max_ms": 3_000,  # the default, half a minute, outlasts a broker's restart
        }
        if self.mechanism:
            settings |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return settings
