"""The tool that starts the servers: what can be said without a download."""

import os
import smtplib
import zipfile

import pytest

from tools.servers import fetch, places, processes
from tools.servers.__main__ import start, stop


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("MOLVA_TEST_SERVERS", raising=False)
    return tmp_path / "molva" / "servers"


def test_a_server_is_started_remembered_used_and_stopped(cache):
    assert start(["smtp"]) == 0
    entry = processes.load()["smtp"]
    host, _, port = entry["address"].partition(":")
    with smtplib.SMTP(host, int(port), timeout=5) as smtp:
        smtp.sendmail("from@example.com", ["to@example.com"], "Subject: x\r\n\r\nпривет".encode())
    (letter,) = (cache / "run" / "imap" / "maildir" / "new").iterdir()
    assert letter.read_bytes().startswith(b"X-Envelope-From: from@example.com\r\nX-Envelope-To: to@example.com\r\n")
    assert "привет" in letter.read_text()
    assert start(["smtp"]) == 0
    assert processes.load()["smtp"]["pid"] == entry["pid"], "a running server is left alone"
    stop(["smtp"])
    assert not processes.alive(entry)
    assert processes.load() == {}


def test_a_cluster_that_runs_already_is_used_instead(cache, monkeypatch, capsys):
    monkeypatch.setenv("MOLVA_TEST_KAFKA", "kafka.example:9092")
    assert start(["kafka"]) == 0
    assert processes.load()["kafka"]["address"] == "kafka.example:9092"
    assert "kafka.example:9092" in capsys.readouterr().out


def test_what_is_missing_is_said_and_the_rest_goes_on(cache, monkeypatch, capsys):
    monkeypatch.delenv("MOLVA_TEST_KAFKA", raising=False)
    monkeypatch.setattr("tools.servers.fetch.shutil.which", lambda _name: None)
    assert start(["kafka", "smtp"]) == 1
    stop(["smtp"])
    said = capsys.readouterr().out
    assert "kafka: MISSING. Maven is not installed" in said
    assert "smtp: stopped" in said


def test_a_process_that_took_over_the_number_is_not_ours(cache):
    assert not processes.alive({"pid": os.getpid(), "born": "Thu Jan  1 00:00:00 1970"})


def test_unpacking_keeps_to_the_folder_asked_for(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for name in ("top/in/modules/one/x", "top/in/modules/two/x", "top/in/other", "top/in/modules/../../../evil"):
            zipped.writestr(name, name)
    fetch.unpack(archive, tmp_path / "out", within="*/in/modules", names=["one"])
    assert [str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*") if p.is_file()] == ["one/x"]
    fetch.unpack(archive, tmp_path / "out", within="*/in/modules")
    assert not (tmp_path / "evil").exists()
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"one", "two"}


def test_the_oldest_java_that_fits_is_found(tmp_path, monkeypatch):
    for number, version in enumerate(("1.8.0_392", "25.0.1", "17.0.15")):
        home = tmp_path / str(number)
        (home / "bin").mkdir(parents=True)
        (home / "bin" / "java").touch()
        (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    monkeypatch.setenv("ES_JAVA_HOME", str(tmp_path / "1"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "0"))
    monkeypatch.setattr(places.shutil, "which", lambda _name: str(tmp_path / "2" / "bin" / "java"))
    assert places.find_java(25, 25) == tmp_path / "1"
    assert places.find_java(8, 8) == tmp_path / "0"
    assert places.find_java(26, 99) is None
