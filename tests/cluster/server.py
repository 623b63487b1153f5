"""A Kubernetes API server on 127.0.0.1: admission, validation, storage. No controller acts on what is stored, and no node runs it."""

import json
import secrets
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sandbox.services.ports import free_port, listens
from sandbox.services.process import SandboxError, Server, wait_until
from sandbox.services.temporary_folder import TemporaryFolder
from tests.cluster.programs import Programs

# Where a manifest is posted, by its kind; the namespace is filled in.
PATHS: Mapping[str, str] = {
    "Deployment": "apis/apps/v1/namespaces/{}/deployments",
    "Job": "apis/batch/v1/namespaces/{}/jobs",
    "CronJob": "apis/batch/v1/namespaces/{}/cronjobs",
    "Service": "api/v1/namespaces/{}/services",
    "ServiceAccount": "api/v1/namespaces/{}/serviceaccounts",
    "PersistentVolumeClaim": "api/v1/namespaces/{}/persistentvolumeclaims",
    "Pod": "api/v1/namespaces/{}/pods",
    "PodDisruptionBudget": "apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "NetworkPolicy": "apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "ScaledObject": "apis/keda.sh/v1alpha1/namespaces/{}/scaledobjects",
    "PodMonitor": "apis/monitoring.coreos.com/v1/namespaces/{}/podmonitors",
    "PrometheusRule": "apis/monitoring.coreos.com/v1/namespaces/{}/prometheusrules",
}
DEFINED = "apis/apiextensions.k8s.io/v1/customresourcedefinitions"
STRICT = {"fieldValidation": "Strict"}
# A namespace that admits only pods of the strictest Pod Security Standard.
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


class ApiServer:
    """etcd and kube-apiserver in a folder of their own; `kubeconfig` is of a user who may do everything."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs
        self._folder = TemporaryFolder("cluster")
        self._etcd = Server("etcd", self._folder, lambda: listens(self._etcd_port))
        self._server = Server("kube-apiserver", self._folder, self._answers)
        self._etcd_port, self._port = free_port(), free_port()
        self._token = secrets.token_hex(16)
        self.kubeconfig = self._folder.path / "kubeconfig"
        self.definitions = programs.definitions

    def __enter__(self) -> Self:
        try:
            self._etcd.start(self._etcd_command())
            self._server.start(self._command(), limit=120)
        except BaseException:
            self.close()
            raise
        self._write_kubeconfig()
        authority = ssl.create_default_context(cafile=self._certificate)
        headers = {"Authorization": f"Bearer {self._token}"}
        self._client = httpx.Client(base_url=self._url, verify=authority, headers=headers, timeout=30, trust_env=False)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()
        self.close()

    def close(self) -> None:
        """Ends both."""
        self._server.kill()
        self._etcd.kill()
        self._folder.close()

    def define(self) -> None:
        """Makes the kinds of KEDA and of the Prometheus operator known."""
        paths = []
        for file in sorted(self.definitions.glob("*.yaml")):
            definition = yaml.safe_load(file.read_text())
            self._ask("POST", DEFINED, definition)
            spec = definition["spec"]
            paths += [
                f"apis/{spec['group']}/{version['name']}/{spec['names']['plural']}" for version in spec["versions"]
            ]
        if not paths or not wait_until(lambda: all(self._client.get(path).is_success for path in paths), 30):
            raise SandboxError(f"kinds are not served: {paths}\n{self._server.tail()}")

    def namespace(self, name: str) -> None:
        """Makes one, with the account that a controller would make."""
        self._ask("POST", "api/v1/namespaces", {"metadata": {"name": name, "labels": RESTRICTED}})
        self._ask("POST", PATHS["ServiceAccount"].format(name), {"metadata": {"name": "default"}})

    def refusal(self, manifest: Mapping[str, Any], namespace: str) -> str | None:
        """What the server has against a manifest, unknown fields as well; None where it would take it. Nothing is stored."""
        path = PATHS[manifest["kind"]].format(namespace)
        answer = self._client.post(path, json=manifest, params={**STRICT, "dryRun": "All"})
        return None if answer.is_success else str(answer.json()["message"])

    def get(self, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        """What is stored, None where there is nothing."""
        answer = self._client.get(f"{PATHS[kind].format(namespace)}/{name}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        body: dict[str, Any] = answer.raise_for_status().json()
        return body

    def all(self, namespace: str) -> set[tuple[str, str]]:
        """Kind and name of all that is stored in a namespace, of the kinds of PATHS.

        What is marked to be deleted counts as gone: a controller would let it go.
        """
        return {
            (kind, item["metadata"]["name"])
            for kind, path in PATHS.items()
            for item in self._ask("GET", path.format(namespace))["items"]
            if "deletionTimestamp" not in item["metadata"]
        }

    def change_status(self, kind: str, namespace: str, name: str, status: Mapping[str, Any]) -> None:
        """Does what a controller would do."""
        path = f"{PATHS[kind].format(namespace)}/{name}/status"
        kinds = {"Content-Type": "application/merge-patch+json"}
        self._client.patch(path, content=json.dumps({"status": status}), headers=kinds).raise_for_status()

    def _ask(self, method: str, path: str, content: object = None) -> Any:
        answer = self._client.request(method, path, json=content)
        if not answer.is_success:
            raise SandboxError(f"{method} {path}: {answer.text}")
        return answer.json()

    @property
    def _url(self) -> str:
        return f"https://127.0.0.1:{self._port}"

    @property
    def _certificate(self) -> Path:
        return self._folder.path / "certificates" / "apiserver.crt"

    def _answers(self) -> bool:
        if not listens(self._port) or not self._certificate.exists():
            return False
        context = ssl.create_default_context(cafile=self._certificate)
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            return httpx.get(f"{self._url}/readyz", verify=context, headers=headers, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def _etcd_command(self) -> list[str | Path]:
        peer = f"http://127.0.0.1:{free_port()}"
        own = f"http://127.0.0.1:{self._etcd_port}"
        return [
            self._programs.etcd,
            f"--data-dir={self._folder.path}/etcd",
            f"--listen-client-urls={own}",
            f"--advertise-client-urls={own}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        ]

    def _command(self) -> list[str | Path]:
        folder = self._folder.path
        key = rsa.generate_private_key(65537, 2048)
        accounts = folder / "accounts.key"
        accounts.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (folder / "tokens.csv").write_text(f"{self._token},admin,admin,system:masters\n")
        return [
            self._programs.apiserver,
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--secure-port={self._port}",
            f"--cert-dir={folder}/certificates",
            f"--token-auth-file={folder}/tokens.csv",
            "--anonymous-auth=false",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://cluster.example",
            f"--service-account-signing-key-file={accounts}",
            f"--service-account-key-file={accounts}",
            "--service-cluster-ip-range=10.0.0.0/24",
        ]

    def _write_kubeconfig(self) -> None:
        cluster = {"server": self._url, "certificate-authority": str(self._certificate)}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "own",
            "contexts": [{"name": "own", "context": {"cluster": "own", "user": "own"}}],
            "clusters": [{"name": "own", "cluster": cluster}],
            "users": [{"name": "own", "user": {"token": self._token}}],
        }
        self.kubeconfig.write_text(json.dumps(content))
        self.kubeconfig.chmod(0o600)
