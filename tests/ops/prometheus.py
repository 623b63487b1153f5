"""A real Prometheus (Debian's package) on loopback that scrapes once a second, with the alert rules made quick, or as they are.

The rules are those of deploy/prometheus/alerts.yaml. Only durations and the thresholds that are durations are made
shorter, by QUICK: what each rule reads, and how it compares, stays as it is on call. With `shipped` nothing is changed.
Where it is deployed it scrapes every 15 or 30 seconds; every second it sees more of what lasts for a moment.
"""

import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import yaml

from sandbox.services.ports import free_port
from sandbox.services.process import SandboxError, Server
from sandbox.services.prometheus import executable
from sandbox.services.temporary_folder import TemporaryFolder

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "alerts.yaml"
CONSUMER = ("auditlog-consumer",)
JOB = "audit"
WINDOWS: Mapping[str, str] = {
    "14d": "300s", "1d": "60s", "6h": "24s", "1h": "12s", "30m": "8s", "15m": "10s", "10m": "6s", "5m": "4s", "2m": "4s",
}  # fmt: skip
# Each must occur: a rule that has changed is a reason to look here again.
QUICK: Sequence[tuple[str, str]] = (
    (r"\[(\w+)\]", ""),  # a window, by WINDOWS
    (r"\[1d:5m\]", "[60s:1s]"),
    (r"quantile_over_time\(0\.1", "quantile_over_time(0.5"),  # of that window, not of a day
    (r"offset 15m", "offset 10s"),
    (r"offset 1h", "offset 12s"),
    (r"offset 2d", "offset 24s"),
    (r"for: \w+", "for: 1s"),
    (r"(time\(\) - [^>]*)> 60\b", r"\1> 8"),  # a poller that is overdue; it asks every 5 s
    (r"(time\(\) - [^>]*)> 120\b", r"\1> 6"),  # a heartbeat
    (r"(time\(\) - [^>]*)> 900\b", r"\1> 6"),  # the issuer's keys, which are fetched every second there
    (r"(time\(\) - [^>]*)> 840 \+", r"\1> 5 +"),  # a seal; one is made each second there
    (r"(time\(\) - [^>]*)> 2 \* 86400\b", r"\1> 12"),  # a check of all that was sealed
    (r"(replay_lag_seconds\) )> 60\b", r"\1> 12"),  # the reader asks every 5 s
    (r"(increase\(auditlog_retries_total[^>]*)> 10\b", r"\1> 0"),  # in 5 minutes
    (r"(increase\(auditlog_reader_requests_total[^>]*)> 3\b", r"\1> 0"),
    (r"(increase\(auditlog_registry_requests_total[^>]*)> 2\b", r"\1> 0"),  # it is asked every 2 s
    (r"(process_start_time_seconds )< 900\b", r"\1< 30"),  # a process that has started just now
    (r"0\.25 \*", "0.02 *"),  # of the retention
)


def program(name: str) -> str:
    """The path of `prometheus` or `promtool`; the test is skipped where there is none."""
    try:
        return executable(name)
    except SandboxError as error:
        pytest.skip(str(error))


def quick(rules: str) -> str:
    """The rules with short durations."""
    for pattern, by in QUICK:
        replaced = re.sub(pattern, by or (lambda match: f"[{WINDOWS[match[1]]}]"), rules)
        assert replaced != rules, f"no rule has {pattern}"
        rules = replaced
    return rules


def shipped(rules: str) -> str:
    """The rules as they are."""
    return rules


def only(chosen: Sequence[str], rules: str) -> str:
    """The rules of some groups: where another program does not run, its absence is no fault."""
    groups = yaml.safe_load(rules)["groups"]
    return json.dumps({"groups": [group for group in groups if group["name"] in chosen]})  # JSON is YAML


class Prometheus:
    """Scrapes `targets`, host:port, as job `audit` or that of a mapping, with the rules of some groups, as `rules` changes them.

    `beside` are targets with their jobs that are looked at whatever else is.
    """

    def __init__(
        self, targets: Sequence[str] | Mapping[str, str], *groups: str, rules: Callable[[str], str] = quick
    ) -> None:
        self.beside: Mapping[str, str] = {}
        self._folder = TemporaryFolder("prometheus")
        self.port = free_port()
        self._began = time.monotonic()
        self._server = Server("prometheus", self._folder, self._is_ready)
        (self._folder.path / "alerts.yaml").write_text(only(groups or CONSUMER, rules(RULES.read_text())))
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["alerts.yaml"],
            "scrape_configs": [{"job_name": JOB, "file_sd_configs": [{"files": ["targets.json"]}]}],
        }
        self.set_targets(targets)
        self._config = self._folder.path / "prometheus.yaml"
        self._config.write_text(json.dumps(config))  # JSON is YAML

    def __enter__(self) -> Self:
        where = [f"--web.listen-address=127.0.0.1:{self.port}", f"--storage.tsdb.path={self._folder.path / 'data'}"]
        try:
            self._server.start([program("prometheus"), f"--config.file={self._config}", *where])
        except BaseException:
            self._folder.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.stop()
        self._folder.close()

    def set_targets(self, targets: Sequence[str] | Mapping[str, str]) -> None:
        """From now on, or within 5 seconds, these are the targets; a mapping says the job of each."""
        jobs = {**(targets if isinstance(targets, Mapping) else dict.fromkeys(targets, JOB)), **self.beside}
        new = self._folder.path / "targets.new"
        new.write_text(json.dumps([{"targets": [target], "labels": {"job": job}} for target, job in jobs.items()]))
        new.rename(self._folder.path / "targets.json")

    def firing(self) -> set[str]:
        """The names of the alerts that fire now."""
        return self._alerts("firing")

    def pending(self) -> set[str]:
        """The names of the alerts whose condition is true, but not for long enough yet."""
        return self._alerts("pending")

    def fired(self) -> list[str]:
        """The labels of each alert that has fired since it was started, however short."""
        series = self.query('group without (alertstate) (last_over_time(ALERTS{alertstate="firing"}[1d]))')
        return sorted(json.dumps(sample["metric"], sort_keys=True) for sample in series)

    def waited(self) -> dict[str, float]:
        """The most seconds on end that the condition of an alert was true, by the alert's name."""
        age = "timestamp(ALERTS_FOR_STATE) - ALERTS_FOR_STATE"
        series = self.query(f"max by (alertname) (max_over_time(({age})[{self._seconds()}s:1s]))")
        return {sample["metric"]["alertname"]: float(sample["value"][1]) for sample in series}

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an expression, now."""
        series: list[dict[str, Any]] = self._get("query", query=expression)["result"]
        return series

    def value(self, expression: str) -> float | None:
        """The value of the one series of an expression; None where there is none."""
        series = self.query(expression)
        assert len(series) <= 1, series
        return float(series[0]["value"][1]) if series else None

    def _seconds(self) -> int:
        return int(time.monotonic() - self._began) + 1

    def _alerts(self, state: str) -> set[str]:
        alerts = self._get("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == state}

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:  # it listens before it answers queries
            return False

    def _get(self, path: str, **parameters: str) -> Any:
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]
