"""Where settings come from, what wins, and what a person is told who wrote a wrong one."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

import msgspec
import pytest

from molva.alerting import transport
from molva.cli.setup import TEMPLATE
from molva.settings import Settings, SettingsError, contact_key, load
from molva.workspace import Workspace
from schemas.connection import Connection

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def written(tmp_path):
    """Writes a molva.toml and loads it, with these variables in the environment."""

    def write(text: str = "", **environment: str) -> Settings:
        (tmp_path / "molva.toml").write_text(text, encoding="utf-8")
        return load(tmp_path / "molva.toml", environment=environment)

    return write


def test_everything_has_a_default_and_paths_are_relative_to_the_file(written, tmp_path):
    settings = written()
    assert settings.database == tmp_path / "var" / "molva.sqlite"
    assert settings.outbox == tmp_path / "var" / "outbox"
    assert settings.console.address == "http://127.0.0.1:8420"
    assert settings.kafka is None


def test_the_environment_wins_over_the_file(written):
    settings = written(
        '[console]\nport = 1\nhost = "::1"\n[mail]\nhost = "a"\n',
        MOLVA_CONSOLE_PORT="9000",
        MOLVA_MAIL_HOST="b",
        MOLVA_LANGUAGES="en, ru",
        MOLVA_GATEWAY_PROXIES="10.0.0.0/8,192.0.2.1",
        MOLVA_KAFKA_SERVERS="k:9092",
        MOLVA_ALERTS_SETTLE="0.5",
        MOLVA_FOLDER="/elsewhere",
    )
    assert (settings.console.port, settings.console.host, settings.mail.host) == (9000, "::1", "b")
    assert settings.languages == ("en", "ru")
    assert settings.gateway.proxies == ("10.0.0.0/8", "192.0.2.1")
    assert settings.kafka is not None
    assert settings.kafka.servers == "k:9092"
    assert settings.alerts.settle == 0.5
    assert settings.data == Path("/elsewhere")


def test_a_secret_comes_from_the_environment_or_a_file_and_is_not_shown(written, tmp_path):
    (tmp_path / "password").write_text("of the file\n")
    settings = written(
        '[mail]\npassword = { file = "password" }\n[sources.a]\ntoken = { env = "TOKEN" }\n', TOKEN="t0p"
    )
    assert settings.mail.password == "of the file"
    assert settings.sources["a"]["token"] == "t0p"
    assert "t0p" not in repr(settings.sources["a"]["token"])


def test_a_secret_that_is_not_there_is_asked_for_only_by_who_needs_it(written):
    text = (
        '[mail]\nhost = "mail.example"\npassword = { env = "NOT_SET" }\n'
        '[sources.texts]\ncollector = "sms"\nsubject = "p"\nsignature = "twilio"\nsecret = { file = "none" }\n'
        '[sources.shop]\ncollector = "site"\nurl = "https://a.example"\n'
    )
    settings = written(text)
    with pytest.raises(SettingsError, match="NOT_SET is not set"):
        transport(settings)
    workspace = Workspace(settings)
    with pytest.raises(SettingsError, match="cannot be read"):
        workspace.sources()
    assert [source.name for source in workspace.sources(["shop"])] == ["shop"]
    assert [source.name for source in workspace.sources(to_run=False)] == ["texts", "shop"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[consol]\nport = 1", "consol"),
        ('[console]\nport = "soon"', "console.port"),
        ("port = 1", "port"),
        ("[console\n", "molva.toml"),
        ('[mail]\nsecurity = "ssl"', "mail.security"),
        ('[elasticsearch]\npassword = { env = "NOT_SET" }', "NOT_SET is not set"),
        ('[elasticsearch]\npassword = { file = "none" }', "cannot be read"),
        ('[gateway]\nproxies = ["10.0.0.300"]', "10.0.0.300"),
    ],
)
def test_what_is_wrong_is_named(written, text, said):
    with pytest.raises(SettingsError, match=re.escape(said)):
        written(text)


def test_a_file_that_is_named_must_be_there(tmp_path):
    with pytest.raises(SettingsError, match="molva init"):
        load(tmp_path / "none.toml", environment={})
    with pytest.raises(SettingsError, match="molva init"):
        load(environment={"MOLVA_CONFIG": str(tmp_path / "none.toml")})


def test_a_source_that_is_none_is_refused_with_those_there_are(written):
    workspace = Workspace(written('[sources.shop]\ncollector = "site"\nurl = "https://a.example"\n'))
    assert [source.name for source in workspace.sources()] == ["shop"]
    with pytest.raises(SettingsError, match="it has shop"):
        workspace.sources(["shoop"])
    for table, said in (('collector = "sight"', "no collector 'sight'"), ('collector = "site"\nurl = 1', "url")):
        with pytest.raises(SettingsError, match=said):
            Workspace(written(f"[sources.shop]\n{table}\n")).sources()


def test_the_address_of_the_gateway_reaches_the_sources_that_are_called(written):
    table = '[sources.a]\ncollector = "sms"\nsubject = "s"\nsignature = "none"\n'
    (source,) = Workspace(written('[gateway]\nurl = "https://in.example/"\n' + table)).sources()
    assert source.reception.public_url == "https://in.example/sms/a"
    own = table + 'gateway = { public_url = "https://other.example/x" }\n'
    (source,) = Workspace(written('[gateway]\nurl = "https://in.example/"\n' + own)).sources()
    assert source.reception.public_url == "https://other.example/x"


def test_the_key_of_contacts_is_given_or_made_once_for_its_owner_alone(written):
    settings = written()
    assert contact_key(settings, environment={"MOLVA_CONTACT_KEY": "k"}) == b"k"
    made = contact_key(settings, environment={})
    assert len(made) == 64
    assert contact_key(settings, environment={}) == made
    assert stat.S_IMODE((settings.data / "contact.key").stat().st_mode) == 0o600


def test_what_init_writes_holds_every_section_and_its_defaults(written):
    text = TEMPLATE.read_text(encoding="utf-8")
    written(text)
    settings = re.split(r"\n# --- Sources", text)[0]
    enabled = re.sub(r"(?m)^# (?=[a-z_]+ = )", "", settings)
    table = tomllib.loads(enabled)
    for name in ("folder", "languages", "model"):
        default = getattr(Settings(), name)
        assert table[name] == (list(default) if isinstance(default, tuple) else default)
    for section in ("console", "gateway", "alerts", "mail"):
        fields = msgspec.structs.fields(type(getattr(Settings(), section)))
        assert set(table[section]) == {field.name for field in fields}
        for name in ("port", "settle", "security"):
            if name in table[section]:
                assert table[section][name] == getattr(getattr(Settings(), section), name)


def documented() -> dict[str, tuple[str, str]]:
    """Each variable that docs/configuration.md lists, with the setting and the default beside it."""
    lines = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8").splitlines()
    cells = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")
    ]
    return {cell[2]: (cell[0], cell[1]) for cell in cells if len(cell) >= 4 and cell[2].startswith("MOLVA_")}


def real() -> dict[str, tuple[str, str]]:
    found = {}
    for field in msgspec.structs.fields(Settings):
        if field.name in {"sources", "root", "missing"}:
            continue
        section = Connection if field.name == "kafka" else field.type
        if isinstance(section, type) and issubclass(section, msgspec.Struct):
            for inner in msgspec.structs.fields(section):
                variable = f"MOLVA_{field.name}_{inner.name}".upper()
                found[variable] = (f"{field.name}.{inner.name}", _shown(inner.default))
        else:
            found[f"MOLVA_{field.name}".upper()] = (field.name, _shown(field.default))
    return found


def _shown(default: object) -> str:
    return "" if default in {"", None, ()} else str(default)


def test_the_documentation_lists_every_setting_with_its_default_and_variable():
    assert documented() == real()


@pytest.mark.parametrize("variable", real())
def test_every_documented_variable_is_heard(written, variable):
    setting, _ = real()[variable]
    value = {"security": "none" if setting.startswith("mail") else "SSL"}.get(setting.rpartition(".")[2], "7")
    settings = written(**{variable: "10.0.0.0" if setting.endswith("proxies") else value})
    found = settings
    for name in setting.split("."):
        found = getattr(found, name)
    assert found != (real()[variable][1] or ())
    assert str(value) in str(found) or "10.0.0.0" in str(found)
