"""docker-compose.yml cannot rot: every Molva service in it is started as it says, and together they do the job.

Kafka and Elasticsearch are real; Kibana is the server of ``kibana_server``. What differs from the file: hosts and ports,
and a prefix for topics and index.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
import yaml
from kafka.admin import KafkaAdminClient
from kibana_server import Kibana

from molva.deployment import connections
from molva.settings import load

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = {name: one for name, one in COMPOSE["services"].items() if one.get("image", "").startswith("molva:")}
MOLVA = str(Path(sys.executable).with_name("molva"))
CONFIGURATION = """
[sources.shop]
collector = "files"
path = "in/*.jsonl"
every = "2 seconds"

[sources.site]
collector = "form"
subject = "kettle"
"""


def test_every_service_has_what_keeps_it_alive():
    for name, service in COMPOSE["services"].items():
        assert "mem_limit" in service, name
        if name != "setup":
            assert service["restart"] == "unless-stopped", name
        if name not in {"setup", "mailpit"}:
            assert service["healthcheck"]["test"], name
        image = service["image"]
        assert image == "molva:local" or re.search(r":v?\d+\.\d+\.\d+$", image), f"{name}: {image} is not pinned"
    assert SERVICES.keys() == {
        "setup", "collectors", "gateway", "worker", "indexer", "matcher", "mailer", "console",
    }  # fmt: skip
    used = {volume.split(":")[0] for one in COMPOSE["services"].values() for volume in one.get("volumes", ())}
    assert {volume for volume in used if not volume.startswith((".", "/"))} == COMPOSE["volumes"].keys()


def test_no_secret_stands_in_the_file():
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN|KEY$", name):
                assert value.startswith("${"), name


class Deployment:
    """The file's services as processes of this machine."""

    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment
        self.processes = {}
        self.health = {}

    def command(self, name):
        """The service's command, with a free port for the page about its health."""
        words = list(SERVICES[name]["command"])
        if "--health" in words:
            place = words.index("--health") + 1
            assert words[place].endswith(":8431")
            self.health[name] = f"http://127.0.0.1:{_free_port()}/health"
            words[place] = self.health[name].removeprefix("http://").removesuffix("/health")
        return [MOLVA, *words]

    def run(self, name, *words):
        """Run a command to its end where a service runs."""
        done = subprocess.run(
            [MOLVA, *words] if words else self.command(name),
            env=self._of(name),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, name):
        log = (self.folder / f"{name}.log").open("wb")
        self.processes[name] = subprocess.Popen(
            self.command(name), env=self._of(name), cwd=self.folder, stdout=log, stderr=log
        )

    def wait_until_well(self, name, patience=90):
        """Ask as the file's health check does."""
        url = self.health.get(name) or f"{self.environment['MOLVA_CONSOLE_URL']}/healthz"
        self.wait(lambda: _answers(url), f"{name} is not well", patience)

    def wait(self, condition, said, patience=90):
        deadline = time.monotonic() + patience
        while not (found := condition()):
            for name, process in self.processes.items():
                assert process.poll() is None, f"{name} ended: {(self.folder / f'{name}.log').read_text()[-2000:]}"
            assert time.monotonic() < deadline, said
            time.sleep(0.2)
        return found

    def stop(self):
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        codes = {name: process.wait(40) for name, process in self.processes.items()}  # the file's grace period
        return {name: code for name, code in codes.items() if code}

    def _of(self, name):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return self.environment | {"MOLVA_FOLDER": str(folder)}


@pytest.fixture
def deployment(servers, tmp_path):
    given = SERVICES["worker"]["environment"]
    assert all(one["environment"] == given for one in SERVICES.values())
    prefix = f"test-{os.getpid()}-{time.time_ns()}-"
    console = _free_port()
    (tmp_path / "molva.toml").write_text(CONFIGURATION)
    (tmp_path / "in").mkdir()
    with Kibana() as kibana:
        environment = {
            **os.environ,
            **given,
            "MOLVA_CONFIG": str(tmp_path / "molva.toml"),
            "MOLVA_KAFKA_SERVERS": servers("kafka")["address"],
            "MOLVA_KAFKA_PREFIX": prefix,
            "MOLVA_ELASTICSEARCH_URL": servers("elasticsearch")["address"],
            "MOLVA_ELASTICSEARCH_INDEX": f"{prefix}reviews",
            "MOLVA_KIBANA_URL": kibana.url,
            "MOLVA_GATEWAY_PORT": str(_free_port()),
            "MOLVA_CONSOLE_PORT": str(console),
            "MOLVA_CONSOLE_URL": f"http://127.0.0.1:{console}",
            "MOLVA_CONTACT_KEY": "of the test",
        }
        assert environment.keys() >= given.keys()
        made = Deployment(tmp_path, environment)
        made.kibana = kibana
        yield made
        for process in made.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()
    settings = load(environment=environment)
    admin = KafkaAdminClient(**settings.kafka.client())
    admin.delete_topics([name for name in admin.list_topics() if name.startswith(prefix)])
    admin.close()
    store = connections.store(settings)
    indices = store.indices.client.indices
    indices.delete(index=[*store.indices.behind(store.indices.name), f"{store.indices.name}-subscriptions"])
    indices.delete_index_template(name=f"{store.indices.name}-molva")


@pytest.mark.servers
@pytest.mark.filterwarnings("ignore:Elasticsearch built-in security")
def test_the_services_of_the_file_collect_judge_index_alert_and_show(deployment):
    deployment.run("setup")
    assert deployment.kibana.objects
    again = json.loads(deployment.run("setup", "prepare", "--json"))
    assert [made for made in again["made"] if not made.endswith("in Kibana")] == []
    checked = deployment.run("console", "doctor", "--json").splitlines()
    assert {"kafka", "elasticsearch", "kibana"} <= {one["check"] for one in map(json.loads, checked) if one["ok"]}
    deployment.run("console", "subscribe", "owner@example.com", "--query", "negative:true")
    others = [name for name in SERVICES if name != "setup"]
    for name in others:
        deployment.start(name)
    for name in others:
        deployment.wait_until_well(name)
    now = datetime.now(UTC).isoformat()
    review = {"id": "r1", "subject": {"id": "kettle"}, "rating": {"value": 1}, "published_at": now}
    review |= {"text": "The kettle broke on the second day, and nobody answers my letters."}
    (deployment.folder / "in" / "one.part").write_text(json.dumps(review) + "\n")
    (deployment.folder / "in" / "one.part").rename(deployment.folder / "in" / "one.jsonl")
    gateway = f"http://127.0.0.1:{deployment.environment['MOLVA_GATEWAY_PORT']}/form/site"
    posted = requests.post(gateway, json={"text": "Чайник протекает, верните деньги!", "rating": 1}, timeout=30)
    assert posted.ok, posted.text
    page = deployment.environment["MOLVA_CONSOLE_URL"]
    both = deployment.wait(lambda: len(found := _found(page)) == 2 and found, "the reviews are not shown", patience=120)
    assert {one["source"] for one in both} == {"shop", "site"}
    for one in both:
        shown = requests.get(f"{page}/reviews/{one['review_id']}", timeout=30)
        assert shown.ok
        assert one["review_id"] in shown.text
    for path in ("/", "/subscriptions", "/sources", "/letters"):
        assert requests.get(f"{page}{path}", timeout=30).ok, path
    assert "owner@example.com" in requests.get(f"{page}/subscriptions", timeout=30).text
    outbox = deployment.folder / "mailer" / "outbox"
    deployment.wait(lambda: len(list(outbox.glob("*.eml"))) == 2, "the letters are not written")
    assert json.loads(deployment.run("console", "search", "чайник", "--json"))["source"] == "site"
    assert deployment.run("indexer", "reconcile") == ""
    assert json.loads(deployment.run("indexer", "replay", "--json"))["records"] >= 2
    assert deployment.run("indexer", "reconcile") == ""
    assert deployment.stop() == {}


def _found(page):
    answer = requests.get(f"{page}/api/search", timeout=30)
    return answer.json()["reviews"] if answer.ok else []


def _answers(url):
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]
