"""Settings: one message names all that is wrong, and deploy/env.example lists what there is."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from catalog.topics import TOPICS
from consumer.partitions.breaker import Limits
from consumer.settings import Settings, SettingsError, load
from tests.integration.commands.conftest import Cli

GOOD = {"DATABASE_URL": "postgresql:///audit", "KAFKA_BOOTSTRAP_SERVERS": "a:1"}
EXAMPLE = Path(__file__).parents[3] / "deploy" / "env.example"


def example_settings() -> dict[str, str]:
    """The settings of the consumer's part of deploy/env.example, commented out or not."""
    part = EXAMPLE.read_text().partition("# --- audit-consumer")[2].partition("\n# --- ")[0]
    return dict(re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", part, re.MULTILINE))


def test_example_lists_every_setting_and_no_other() -> None:
    """deploy/env.example and the program know the same names."""
    names = {name for name in example_settings() if not name.startswith("KAFKA_CONFIG_")}
    assert names == {field.alias for field in Settings.model_fields.values() if field.alias}


def test_example_is_loaded_unchanged(tmp_path: Path) -> None:
    """Every line of deploy/env.example is accepted, and those that claim to show a default do."""
    authority = trustme.CA().cert_pem
    authority.write_to_path(str(tmp_path / "ca.pem"))
    listed = {**example_settings(), "KAFKA_CONFIG_SSL_CA_LOCATION": str(tmp_path / "ca.pem")}
    loaded = load(listed, kafka=True)
    default = load(GOOD, kafka=True)
    assert loaded.kafka["security.protocol"] == "SASL_SSL"
    for name in ("group_id", "topics", "breaker", "log_format"):
        assert getattr(loaded, name) == getattr(default, name), name
    assert (default.topics, default.breaker) == (TOPICS, Limits(20, 50, 1000))


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("DATABASE_URL", " "),
        ("DATABASE_URL", ""),
        ("KAFKA_BOOTSTRAP_SERVERS", ""),
        ("SCHEMA_REGISTRY_URL", "registry:8081"),
        ("SCHEMA_REGISTRY_URL", "ftp://registry"),
        ("SCHEMA_REGISTRY_URL", "http://"),
        ("SCHEMA_REGISTRY_URL", "http://registry:8081/?x=1"),
        ("SCHEMA_REGISTRY_URL", "http://registry:8081/#x"),
        ("SCHEMA_REGISTRY_URL", "http://registry:8081?"),
        ("SCHEMA_REGISTRY_URL", "http://registry:8081/#"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318?x"),
        ("DATABASE_URL", "postgresql:///audit?replication=database"),
        ("DATABASE_URL", "dbname=audit replication=ON"),
        ("AUDIT_TOPICS", " , "),
        ("AUDIT_TOPICS", "callmine.billing,callmine.billing"),
        ("AUDIT_TOPICS", "callmine billing"),
        ("AUDIT_TOPICS", "."),
        ("AUDIT_TOPICS", "t" * 250),
        ("AUDIT_GROUP_ID", " "),
        ("AUDIT_GROUP_ID", "\t"),
        ("AUDIT_GROUP_ID", "callmine-audit\n"),
        ("AUDIT_GROUP_ID", " callmine-audit"),
        ("AUDIT_GROUP_ID", "g" * 256),
        ("AUDIT_BREAKER", "1000000,5%/1000"),
        ("AUDIT_BREAKER", "20,5%/9999999"),
        ("AUDIT_BREAKER", "٢٠,5%/1000"),
        ("AUDIT_REGISTRY_CA", " "),
        ("DATABASE_URL", "postgresql:///audit\n"),
        ("DATABASE_URL", "postgresql://h:54x/db"),
        ("KAFKA_BOOTSTRAP_SERVERS", "a:b"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka://a:9092"),
        ("KAFKA_BOOTSTRAP_SERVERS", "a:9092,http://b:9092"),
        ("KAFKA_BOOTSTRAP_SERVERS", "a:1,,b:1"),
        ("KAFKA_BOOTSTRAP_SERVERS", "a:99999"),
        ("KAFKA_BOOTSTRAP_SERVERS", " "),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:99999999/"),
        ("KAFKA_CONFIG_FOO_BAR", "1"),
        ("KAFKA_CONFIG_CLIENT_ID", "a\x00b"),
        ("KAFKA_CONFIG_CLIENT_ID", " "),
        ("KAFKA_CONFIG_SESSION_TIMEOUT_MS", "60000"),
        ("KAFKA_CONFIG_SECURITY_PROTOCOL", "nonsense"),
        ("KAFKA_CONFIG_SECURITY_PROTOCOL", "SASL_SSL"),
        ("KAFKA_CONFIG_GROUP_PROTOCOL", "newest"),
        ("KAFKA_CONFIG_DEBUG", "everything"),
        ("KAFKA_CONFIG_ENABLE_PARTITION_EOF", "false"),
        ("KAFKA_CONFIG_ALLOW_AUTO_CREATE_TOPICS", "true"),
        ("KAFKA_CONFIG_LOG_CB", "x"),
        ("KAFKA_CONFIG_LOGGER", "x"),
        ("KAFKA_CONFIG_TEST_MOCK_NUM_BROKERS", "1"),
        ("KAFKA_CONFIG_DEFAULT_TOPIC_CONFIG", "x"),
        ("SCHEMA_REGISTRY_URL", "http://a..b:8081"),
        ("SCHEMA_REGISTRY_URL", f"http://{'a' * 64}.example"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a..b:4318"),
        ("AUDIT_TOPICS", "callmine.billing,^callmine.*"),
        ("AUDIT_BREAKER", "20"),
        ("AUDIT_BREAKER", "0,5%/1000"),
        ("AUDIT_BREAKER", "20,0%/1000"),
        ("AUDIT_BREAKER", "20,101%/1000"),
        ("AUDIT_BREAKER", "20,5%/0"),
        ("AUDIT_LOG_FORMAT", "xml"),
        ("AUDIT_METRICS_BIND", "9108"),
        ("AUDIT_METRICS_BIND", ":9108"),
        ("AUDIT_METRICS_BIND", "0.0.0.0"),
        ("AUDIT_METRICS_BIND", "0.0.0.0:0"),
        ("AUDIT_METRICS_BIND", "0.0.0.0:70000"),
        ("AUDIT_METRICS_BIND", "http://0.0.0.0:9108"),
        ("OTEL_TRACES_EXPORTER", "jaeger"),
        ("KAFKA_CONFIG_ENABLE_AUTO_COMMIT", "true"),
        ("KAFKA_CONFIG_ENABLE_AUTO_OFFSET_STORE", "true"),
        ("KAFKA_CONFIG_AUTO_OFFSET_RESET", "latest"),
        ("KAFKA_CONFIG_ISOLATION_LEVEL", "read_uncommitted"),
        ("KAFKA_CONFIG_CHECK_CRCS", "false"),
        ("KAFKA_CONFIG_GROUP_ID", "other"),
        ("KAFKA_CONFIG_BOOTSTRAP_SERVERS", "b:1"),
    ],
)
def test_bad_value_is_refused_by_name(name: str, bad: str) -> None:
    """Each bad value alone is refused, and its setting is named."""
    with pytest.raises(SettingsError, match=rf"^1 setting\(s\) .*\n  {name}: "):
        load({**GOOD, name: bad}, kafka=True)


def test_all_that_is_wrong_is_in_one_message() -> None:
    """Nothing has to be corrected twice: every bad setting is in the first message."""
    bad = {"AUDIT_BREAKER": "x", "AUDIT_LOG_FORMAT": "x", "KAFKA_CONFIG_GROUP_ID": "x", "SCHEMA_REGISTRY_URL": "x"}
    with pytest.raises(SettingsError) as raised:
        load(bad, kafka=True)
    for name in ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", *bad):
        assert f"\n  {name}: " in str(raised.value)


def test_each_bad_property_is_named() -> None:
    """Librdkafka stops at the first one; the person who set them does not have to."""
    bad = {"KAFKA_CONFIG_FOO": "1", "KAFKA_CONFIG_BAR": "2", "KAFKA_CONFIG_SESSION_TIMEOUT_MS": "60000"}
    good = {"KAFKA_CONFIG_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_CONFIG_SASL_MECHANISM": "PLAIN",
            "KAFKA_CONFIG_SASL_USERNAME": "u", "KAFKA_CONFIG_SASL_PASSWORD": "sesame"}  # fmt: skip
    with pytest.raises(SettingsError) as raised:
        load({**GOOD, **good, **bad}, kafka=False)
    assert all(f"\n  {name}: " in str(raised.value) for name in bad)
    assert not any(name in str(raised.value) for name in ("SASL_MECHANISM", "sesame"))
    assert load({**GOOD, **good}, kafka=False).kafka["sasl.username"] == "u"


def test_a_property_whose_name_has_an_underscore() -> None:
    """Librdkafka has one for which an environment can have a value."""
    assert load({**GOOD, "KAFKA_CONFIG_LOG_LEVEL": "6"}, kafka=False).kafka == {"log_level": "6"}


def test_a_property_is_named_once() -> None:
    """By two spellings of its name one of two values would be dropped in silence."""
    with pytest.raises(
        SettingsError, match=r"KAFKA_CONFIG_client_id: client\.id is named twice, by KAFKA_CONFIG_CLIENT_ID"
    ):
        load({**GOOD, "KAFKA_CONFIG_CLIENT_ID": "a", "KAFKA_CONFIG_client_id": "b"}, kafka=False)


REFUSED = {
    "a name that IDNA does not have": ({"SCHEMA_REGISTRY_URL": "http://ex☃mple:8081"}, "SCHEMA_REGISTRY_URL"),
    "a name that decodes to none": ({"SCHEMA_REGISTRY_URL": "http://xn--a.example"}, "SCHEMA_REGISTRY_URL"),
    "an address that is none": ({"SCHEMA_REGISTRY_URL": "http://[v1.a]"}, "SCHEMA_REGISTRY_URL"),
    "a SOCKS proxy": ({"ALL_PROXY": "socks5://h:1080"}, "SOCKS"),
    "a proxy by FTP": ({"HTTP_PROXY": "ftp://p"}, "HTTP_PROXY"),
    "a file of authorities": ({"SSL_CERT_FILE": "/nowhere"}, "SSL_CERT_FILE"),
    "a network without proxy": ({"NO_PROXY": "fe80::/10"}, "NO_PROXY"),
    "a queue below a batch": ({"OTEL_BSP_MAX_QUEUE_SIZE": "100"}, "OTEL_"),
    "no queue": ({"OTEL_BSP_MAX_QUEUE_SIZE": "0"}, "OTEL_"),
    "no number": ({"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "many"}, "OTEL_"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_setting_that_a_library_refuses(case: str) -> None:
    """Found when it is used: one line that names it, exit code 2, and no traceback."""
    refused_settings, name = REFUSED[case]
    environ = {
        **GOOD,
        "PATH": os.environ["PATH"],
        "SCHEMA_REGISTRY_URL": "https://registry.invalid",
        "AUDIT_LOG_FORMAT": "json",
        **({"OTEL_TRACES_EXPORTER": "otlp"} if name == "OTEL_" else {}),
        **refused_settings,
    }
    command = [sys.executable, "-m", "consumer", "run"]
    process = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    said = [json.loads(line) for line in process.stderr.splitlines()]
    assert process.returncode == 2, process.stderr
    (refused,) = [line["error"] for line in said if line["event"] == "settings_refused"]
    assert name in refused
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(("text", "limits"), [("3,50%/10", Limits(3, 5, 10)), ("1,0.5%/100", Limits(1, 1, 100))])
def test_breaker_is_read(text: str, limits: Limits) -> None:
    """The percentage becomes a number of records, at least one."""
    assert load({**GOOD, "AUDIT_BREAKER": text}, kafka=True).breaker == limits


@pytest.mark.parametrize(
    ("text", "bind"), [("0.0.0.0:9108", ("0.0.0.0", 9108)), ("[::1]:9108", ("::1", 9108)), ("ops:1", ("ops", 1))]
)
def test_metrics_bind_is_read(text: str, bind: tuple[str, int]) -> None:
    """Host and port, the host of an IPv6 address in brackets; unset there is no listener."""
    assert load({**GOOD, "AUDIT_METRICS_BIND": text}, kafka=True).metrics_bind == bind
    assert load(GOOD, kafka=True).metrics_bind is None


@pytest.mark.parametrize(
    ("variables", "traces"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, False),
    ],
)
def test_traces_are_exported_where_an_exporter_is_named(variables: dict[str, str], traces: bool) -> None:
    """By OpenTelemetry's own variables, and off unless one of them asks for it."""
    assert load({**GOOD, **variables}, kafka=True).traces is traces


def test_password_is_not_shown() -> None:
    """Settings can be printed without giving the database's password away."""
    loaded = load({**GOOD, "DATABASE_URL": "postgresql://u:sesame@h/d"}, kafka=False)
    assert "sesame" not in f"{loaded!r} {loaded}"


@pytest.mark.parametrize(
    "command", [["status"], ["gaps", "list"], ["run"], ["migrate"], ["resume", "t", "0", "--reason", "x"]]
)
def test_missing_setting_ends_with_two(bare: Cli, command: list[str]) -> None:
    """A command without its settings names them and ends with 2."""
    result = bare.run(*command)
    assert result.exit_code == 2
    assert "DATABASE_URL: is not set" in result.stderr


def test_rewind_needs_the_brokers(bare: Cli) -> None:
    """Only what asks Kafka needs its address."""
    command = ["rewind", "t", "0", "--to-offset", "0", "--reason", "x"]
    assert "KAFKA_BOOTSTRAP_SERVERS: is not set" in bare.run(*command, DATABASE_URL="postgresql:///x").stderr
