"""Apache Kafka, one node in KRaft mode, made of jars from Maven."""

import base64
import shutil
import socket
import subprocess
import uuid
from pathlib import Path

from tools.servers.fetch import Missing, copy
from tools.servers.places import cache_dir, find_java
from tools.servers.processes import State, free_port, launch

VERSION = "4.3.1"
_LOG4J = "2.25.2"
_COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{VERSION}",
    f"org.apache.logging.log4j:log4j-slf4j-impl:{_LOG4J}",
    f"org.apache.logging.log4j:log4j-core:{_LOG4J}",
)
_PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
offsets.topic.num.partitions=8
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""
_LOGGING = """rootLogger.level=INFO
rootLogger.appenderRefs=out
rootLogger.appenderRef.out.ref=OUT
appender.out.type=Console
appender.out.name=OUT
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c)%n
"""


def start() -> State:
    """Start a broker with empty topics; its state has ``address``.

    Raises:
        Missing: no Java 17 or later, no Maven, or the jars could not be fetched.
    """
    java = find_java(17, 99)
    if java is None:
        raise Missing("Kafka needs Java 17 or later (Debian: apt-get install openjdk-17-jre-headless)")
    jars = cache_dir() / f"kafka-{VERSION}"
    if not (jars / "complete").exists():
        copy(_COORDINATES, jars, alone=False)
        (jars / "complete").touch()
    folder = cache_dir() / "run" / "kafka"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    port, controller = free_port(), free_port()
    properties, logging = folder / "server.properties", folder / "log4j2.properties"
    properties.write_text(_PROPERTIES.format(port=port, controller=controller, data=folder / "data"))
    logging.write_text(_LOGGING)
    program = [str(java / "bin" / "java"), "-cp", f"{jars}/*", f"-Dlog4j2.configurationFile={logging}"]
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    subprocess.run(
        [*program, "-Xmx128m", "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)],
        check=True,
        capture_output=True,
    )
    small = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC"]
    entry = launch("kafka", [*program, *small, "kafka.Kafka", str(properties)], folder=folder)
    return entry | {"version": VERSION, "address": f"127.0.0.1:{port}"}


def ready(entry: State) -> bool:
    """Say whether the broker has finished its start and accepts connections."""
    if "Kafka Server started" not in Path(entry["log"]).read_text(errors="replace"):
        return False
    host, _, port = entry["address"].partition(":")
    with socket.create_connection((host, int(port)), timeout=2):
        return True
