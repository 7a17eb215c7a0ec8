"""docker-compose.yml cannot rot: each service's command runs with that file's environment, on real servers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from kafka.admin import KafkaAdminClient

from indexer.stores.elasticsearch import ElasticsearchStore, Settings
from schemas.connection import Connection
from tools.servers import elasticsearch, kafka
from tools.servers.processes import free_port

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
MOLVA = str(Path(sys.executable).with_name("molva"))


def test_every_service_has_limits_and_is_started_again():
    for name, service in SERVICES.items():
        assert "mem_limit" in service, name
        assert service["restart"] in {"unless-stopped", "on-failure"}, name


def test_images_are_pinned_and_are_those_that_the_tests_run_on():
    images = {name: service["image"] for name, service in SERVICES.items() if name not in OURS}
    assert all(re.fullmatch(r".+:v?\d+\.\d+\.\d+", image) for image in images.values())
    assert images["kafka"].endswith(f":{kafka.VERSION}")
    assert images["elasticsearch"].endswith(f":{elasticsearch.MAIN.version}")
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:\d+\.\d+\.\d+-\S+", base) for base in bases)


def test_every_volume_that_is_used_is_declared():
    used = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if not volume.startswith((".", "/"))
    }
    assert used == set(COMPOSE["volumes"])


def test_no_secret_stands_in_the_file():
    for name in OURS:
        for key, value in SERVICES[name]["environment"].items():
            if re.search("KEY|PASSWORD|TOKEN|SECRET", key):
                assert re.fullmatch(r"\$\{\w+:\?.*\}", value), f"{name}: {key}"


def test_the_image_has_every_package_and_does_not_run_as_root():
    dockerfile = (ROOT / "Dockerfile").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = [name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]]
    for package in packages:
        assert f"COPY {package} {package}\n" in dockerfile
    assert dockerfile.index("USER molva") < dockerfile.index("ENTRYPOINT")


@pytest.fixture
def deployment(servers, tmp_path):
    """The environment of a Molva service as the file says, with our servers' addresses, and a source of three lines."""
    one = Deployment(servers, tmp_path)
    yield one
    one.end()


class Deployment:
    def __init__(self, servers, folder):
        self.folder, self.processes = folder, {}
        self.prefix = f"test-{os.getpid()}-{time.time_ns()}-"
        self.addresses = {"kafka:9092": servers("kafka")["address"]}
        self.addresses["http://elasticsearch:9200"] = self.elasticsearch = servers("elasticsearch")["address"]
        self.own = {
            "MOLVA_CONFIG": str(folder / "molva.toml"),
            "MOLVA_CONTACT_KEY": "of this test",
            "MOLVA_KAFKA_PREFIX": self.prefix,
            "MOLVA_ELASTICSEARCH_INDEX": f"{self.prefix}reviews",
            "MOLVA_GATEWAY_PORT": str(free_port()),
        }
        lines = [
            {"id": f"r{n}", "source": "old-shop", "subject": {"id": "p"}, "text": text, "rating": {"value": stars}}
            for n, (text, stars) in enumerate([("Ужасный чайник, сломался", 1), ("Great kettle", 5), ("Так себе", 3)])
        ]
        (folder / "reviews.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        (folder / "molva.toml").write_text('[sources.old-shop]\ncollector = "files"\npath = "reviews.jsonl"\n')

    def environment(self, name):
        values = {key: self.addresses.get(value, value) for key, value in SERVICES[name]["environment"].items()}
        values["MOLVA_FOLDER"] = str(self.folder / name)
        return os.environ | values | self.own

    def command(self, name):
        port = free_port()
        words = [re.sub(r"^0\.0\.0\.0:\d+$", f"127.0.0.1:{port}", word) for word in SERVICES[name]["command"]]
        return [MOLVA, *words], port

    def start(self, name, *more):
        words, port = self.command(name)
        log = (self.folder / f"{name}.log").open("wb")
        self.processes[name] = subprocess.Popen(
            [*words, *more], env=self.environment(name), cwd=self.folder, stdout=log, stderr=log
        )
        return port

    def log(self, name):
        return (self.folder / f"{name}.log").read_text()

    def wait_until(self, holds, what, *, patience=90):
        deadline = time.monotonic() + patience
        while not holds():
            ended = [name for name, process in self.processes.items() if process.poll() not in {None, 0}]
            assert not ended, f"{ended} ended:\n{self.log(ended[0])[-3000:]}"
            logs = "\n".join(self.log(name)[-1500:] for name in self.processes)
            assert time.monotonic() < deadline, f"{what} did not come:\n{logs}"
            time.sleep(0.3)

    def end(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for name, process in self.processes.items():
            assert process.wait(60) == 0, f"{name} did not end well:\n{self.log(name)[-2000:]}"
        admin = KafkaAdminClient(**Connection(servers=self.addresses["kafka:9092"]).client())
        admin.delete_topics([topic for topic in admin.list_topics() if topic.startswith(self.prefix)])
        admin.close()
        store = self.store()
        for index in store.indices.behind(store.indices.name):
            store.indices.client.indices.delete(index=index)

    def store(self):
        return ElasticsearchStore(Settings(url=self.elasticsearch, index=f"{self.prefix}reviews"))


def healthy(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return answer.status == 200
    except (OSError, urllib.error.HTTPError):
        return False


@pytest.mark.servers
@pytest.mark.timeout(280)
def test_the_services_of_the_file_carry_a_review_from_its_source_into_the_index(deployment):
    assert set(OURS) == {"setup", "collectors", "worker", "indexer", "alerts"}, "a new service must be started here too"
    deployment.start("setup")
    assert deployment.processes["setup"].wait(60) == 0, deployment.log("setup")
    subscribed = subprocess.run(
        [MOLVA, "subscribe", "owner@example.com", "--query", "negative:true"],
        env=deployment.environment("alerts"),
        cwd=deployment.folder,
        capture_output=True,
        check=False,
    )
    assert subscribed.returncode == 0, subscribed.stderr
    ports = [deployment.start(name) for name in ("worker", "indexer", "alerts")]
    deployment.start("collectors")
    for port in ports:
        deployment.wait_until(lambda port=port: healthy(port), "health")
    store = deployment.store()
    deployment.wait_until(lambda: store.count() == 3, "the reviews")
    assert [hit.document["text"] for hit in store.search("чайник", collapse=False).hits] == ["Ужасный чайник, сломался"]
    assert store.search("negative:true AND stars:1", collapse=False).total == 1
    outbox = deployment.folder / "alerts" / "outbox"
    deployment.wait_until(lambda: list(outbox.glob("*.eml")), "the letter")
    (letter,) = outbox.glob("*.eml")
    assert b"To: owner@example.com" in letter.read_bytes()
    again = subprocess.run(
        [MOLVA, "prepare"], env=deployment.environment("setup"), cwd=deployment.folder, capture_output=True, check=True
    )
    assert b"Everything is there." in again.stderr
    deployment.processes.pop("indexer").send_signal(signal.SIGTERM)
    for words, said in ((["reconcile"], b"agree"), (["replay"], b"has taken"), (["reconcile"], b"agree")):
        done = subprocess.run(
            [MOLVA, *words],
            env=deployment.environment("indexer"),
            cwd=deployment.folder,
            capture_output=True,
            check=True,
        )
        assert said in done.stderr
    store.forget([store.search("чайник", collapse=False).hits[0].document["review_id"]])
    done = subprocess.run(
        [MOLVA, "reconcile"],
        env=deployment.environment("indexer"),
        cwd=deployment.folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b": not in the index" in done.stdout
