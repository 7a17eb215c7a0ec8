"""How clients are told to reach Kafka: names, TLS, SASL."""

from __future__ import annotations

import ssl
import subprocess

import pytest

from schemas.connection import Connection


def test_names_on_a_shared_cluster_carry_the_prefix_and_come_back_without_it():
    shared = Connection(servers="a:1,b:2", prefix="acme-")
    assert shared.name("reviews-judged") == "acme-reviews-judged"
    assert shared.plain("acme-reviews-judged") == "reviews-judged"
    assert shared.client()["bootstrap_servers"] == ["a:1", "b:2"]


@pytest.mark.parametrize("security", ["PLAINTEXT", "SASL_PLAINTEXT"])
def test_without_tls_there_is_no_context(security):
    assert Connection(servers="a:1", security=security).client()["ssl_context"] is None


@pytest.mark.parametrize("security", ["SSL", "SASL_SSL"])
def test_with_tls_servers_are_verified(security):
    context = Connection(servers="a:1", security=security).ssl_context()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_our_own_certificate_is_shown(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", certificate, "-subj", "/CN=molva", "-days", "2"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    ours = Connection(
        servers="a:1",
        security="SSL",
        ca_file=str(certificate),
        certificate_file=str(certificate),
        key_file=str(key),
    )
    assert [one["subject"] for one in ours.ssl_context().get_ca_certs()] == [((("commonName", "molva"),),)]


def test_a_certificate_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        Connection(servers="a:1", security="SSL", ca_file=str(tmp_path / "none.pem")).client()


def test_sasl_is_given_only_when_a_mechanism_is_named():
    assert "sasl_mechanism" not in Connection(servers="a:1", user="u", password="p").client()
    named = Connection(servers="a:1", security="SASL_SSL", mechanism="SCRAM-SHA-512", user="u", password="p").client()
    assert (named["sasl_mechanism"], named["sasl_plain_username"], named["sasl_plain_password"]) == (
        "SCRAM-SHA-512",
        "u",
        "p",
    )
