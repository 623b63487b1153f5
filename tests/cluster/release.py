"""A release of the chart by Helm, and the migration before it, which a test ends in place of the cluster's controllers."""

import json
import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.services.process import wait_until
from tests.cluster.server import ApiServer
from tests.deploy.test_helm import CHART

NAME = "audit"
JOB = f"{NAME}-migrate"
LIMIT = 60


class Release:
    """The release NAME in a namespace of its own."""

    def __init__(self, server: ApiServer, helm: Path, namespace: str, folder: Path) -> None:
        self.namespace = namespace
        self.policy: dict[str, Any] | None = None  # the network policy under which the last migration ran
        self._server, self._helm, self._folder = server, helm, folder
        server.namespace(namespace)

    def upgrade(self, values: Mapping[str, Any], *, migrated: bool = True) -> subprocess.CompletedProcess[str]:
        """`helm upgrade --install`; its migration ends well, or fails."""
        file = self._folder / "values.json"
        file.write_text(json.dumps(values))
        # With more time than LIMIT it is we who give up, and say so.
        command = self._command("upgrade", "--install", NAME, str(CHART), f"--values={file}", f"--timeout={2 * LIMIT}s")
        before = self.stored("Job", JOB)
        with subprocess.Popen(
            command, env=self._environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as program:
            try:
                if wait_until(lambda: program.poll() is not None or self._started(before), LIMIT):
                    self._end_migration(migrated=migrated)
                said, _ = program.communicate(timeout=LIMIT)
            finally:
                program.kill()
        return subprocess.CompletedProcess(command, program.returncode, said)

    def run(self, *arguments: str) -> str:
        """A command of Helm that ends well; what it prints."""
        process = subprocess.run(
            self._command(*arguments), check=False, env=self._environ(), capture_output=True, text=True, timeout=LIMIT
        )
        assert process.returncode == 0, process.stderr
        return process.stdout

    def history(self) -> list[tuple[int, str]]:
        """Revision and status of each, oldest first."""
        return [
            (revision["revision"], revision["status"])
            for revision in json.loads(self.run("history", NAME, "--output=json"))
        ]

    def stored(self, kind: str, name: str) -> dict[str, Any] | None:
        """What the server has, None where there is nothing."""
        return self._server.get(kind, self.namespace, name)

    def all(self) -> set[tuple[str, str]]:
        """Kind and name of all that is in the namespace."""
        return self._server.all(self.namespace) - {("ServiceAccount", "default")}

    def image(self, component: str) -> str:
        """The image that a deployment asks for."""
        workload = self.stored("Deployment", f"{NAME}-{component}")
        assert workload is not None
        return str(workload["spec"]["template"]["spec"]["containers"][0]["image"])

    def _started(self, before: Mapping[str, Any] | None) -> bool:
        job = self.stored("Job", JOB)
        return job is not None and (before is None or job["metadata"]["uid"] != before["metadata"]["uid"])

    def _end_migration(self, *, migrated: bool) -> None:
        """In the steps that the server insists on: first how it will end, then that it has."""
        if self.stored("Job", JOB) is None:
            return
        self.policy = self.stored("NetworkPolicy", JOB)
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        first, last = ("SuccessCriteriaMet", "Complete") if migrated else ("FailureTarget", "Failed")
        conditions = [{"type": kind, "status": "True", "lastTransitionTime": at} for kind in (first, last)]
        status: dict[str, Any] = {"startTime": at, "conditions": conditions}
        status |= {"succeeded": 1, "completionTime": at} if migrated else {"failed": 4}
        self._server.change_status("Job", self.namespace, JOB, status)

    def _command(self, *arguments: str) -> list[str]:
        return [str(self._helm), *arguments, f"--namespace={self.namespace}", f"--kubeconfig={self._server.kubeconfig}"]

    def _environ(self) -> dict[str, str]:
        homes = {f"HELM_{kind}_HOME": str(self._folder / kind) for kind in ("CACHE", "CONFIG", "DATA")}
        return {**os.environ, **homes}
