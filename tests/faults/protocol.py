"""The group protocol that all consumers of a run use: that of PROTOCOL in the environment, `consumer` unless it says `classic`."""

import os
import sys
from collections.abc import Mapping

NAME = "KAFKA_CONFIG_GROUP_PROTOCOL"
# A classic member names its session itself; this is what tests.conftest.SHORT gives a member of the newer protocol.
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "consumer": {},
    "classic": {
        NAME: "classic",
        "KAFKA_CONFIG_SESSION_TIMEOUT_MS": "3000",
        "KAFKA_CONFIG_HEARTBEAT_INTERVAL_MS": "300",
    },
}


def protocol() -> str:
    """Of this run; SystemExit where it is neither."""
    name = os.environ.get("PROTOCOL") or "consumer"
    if name not in SETTINGS:
        sys.exit(f"PROTOCOL is {name!r}: use consumer or classic")
    return name


def settings(name: str, of_fault: Mapping[str, str]) -> Mapping[str, str]:
    """For consumers by this protocol; a fault whose own settings name a protocol has that one."""
    return of_fault if NAME in of_fault else {**SETTINGS[name], **of_fault}


def part(name: str, protocol: str) -> str:
    """Under which name a part of docs/faults.md is kept: a run by the classic protocol leaves the usual one's alone."""
    return name if protocol == "consumer" else f"{name}_{protocol}"
