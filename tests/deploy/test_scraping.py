"""deploy/prometheus/prometheus.yaml without a server: valid by promtool, and looking where our programs are."""

import re
import subprocess
from pathlib import Path

import yaml

from tests.deploy.test_compose import CELLS, COMPOSE, services
from tests.ops.prometheus import program

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "deploy" / "prometheus" / "prometheus.yaml"


def test_promtool_accepts_it_with_its_rules(tmp_path: Path) -> None:
    """It is valid, with the alerts beside it; a misspelled key is not."""
    good = subprocess.run([program("promtool"), "check", "config", CONFIG], check=False, capture_output=True, text=True)
    (tmp_path / "bad.yaml").write_text(CONFIG.read_text().replace("scrape_configs", "scrap_configs"))
    bad = subprocess.run(
        [program("promtool"), "check", "config", tmp_path / "bad.yaml"], check=False, capture_output=True, text=True
    )

    assert good.returncode == 0, good.stderr
    assert "1 rule files found" in good.stdout
    assert bad.returncode == 1


def test_the_programs_are_scraped_where_the_image_has_their_figures() -> None:
    """By the names of the services of all cells, at the ports that the Dockerfile sets; each is a job, and there is no other."""
    jobs = {job["job_name"]: job for job in yaml.safe_load(CONFIG.read_text())["scrape_configs"]}
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    (consumer,) = re.findall(r"AUDIT_METRICS_BIND=0\.0\.0\.0:(\d+)", dockerfile)
    (reader,) = re.findall(r"AUDIT_READER_METRICS_BIND=0\.0\.0\.0:(\d+)", dockerfile)
    (sealer,) = re.findall(r"AUDIT_SEAL_METRICS_BIND=0\.0\.0\.0:(\d+)", dockerfile)

    ports = {"consumer": int(consumer), "reader": int(reader), "sealer": int(sealer)}
    running = [name for name in services(COMPOSE, CELLS) if name.removesuffix("-2") in ports]
    assert jobs.keys() == {f"audit-{name}" for name in running} | {"prometheus"}
    for name in running:
        (discovery,) = jobs[f"audit-{name}"]["dns_sd_configs"]
        assert (discovery["names"], discovery["port"]) == ([name], ports[name.removesuffix("-2")])
