"""python -m sandbox.services.router: machines in network namespaces of their own, and the router between them.

The first line of standard input names the machines, each other one is an order (JSON); each is answered by a line. The end of
the input ends the router, and with it the network. The kernels' own TCP is at both ends: what is lost here, they send again.
"""

import heapq
import json
import os
import random
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.services.namespaces import entered, opened, tunnel
from sandbox.services.network_line import LineCount, LineQuality, MachineLink

MTU = 9000  # bytes of a packet, about as much as inside a cloud's network
BURST = 64  # packets that are read of one machine before another one's turn
WAITING = 10_000  # packets that may wait for us at a machine: none is lost there unless we ask for it
SUBNETS = range(256)  # of 198.18.0.0/16, which is for such tests (RFC 2544)
VERSION_4, DESTINATION = 4, slice(16, 20)  # of an IP header


class Router:
    """Keeps each packet for the delays of its sender's line and its receiver's, any number at once.

    `chance` says what is lost, doubled and late.
    """

    def __init__(self, chance: random.Random) -> None:
        self.by_device: dict[int, MachineLink] = {}
        self._by_address: dict[bytes, MachineLink] = {}
        self._chance = chance
        self._under_way: list[tuple[float, int, int, bytes]] = []
        self._number = 0

    def connect(self, line: MachineLink, address: str) -> None:
        """Adds a machine."""
        self.by_device[line.device] = self._by_address[bytes(map(int, address.split(".")))] = line

    def seconds_until_due(self) -> float | None:
        """Seconds until the next packet is due; None where none is under way."""
        return max(0.0, self._under_way[0][0] - time.monotonic()) if self._under_way else None

    def take(self, device: int) -> None:
        """Takes what a machine has sent."""
        for _ in range(BURST):
            try:
                packet = os.read(device, MTU)
            except BlockingIOError:
                return
            receiver = self._by_address.get(packet[DESTINATION]) if packet[0] >> 4 == VERSION_4 else None
            if receiver:
                self._accept(packet, self.by_device[device], receiver)

    def deliver(self) -> None:
        """Hands over what is due."""
        while self._under_way and self._under_way[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(self._under_way)
            os.write(device, packet)

    def _accept(self, packet: bytes, sender: MachineLink, receiver: MachineLink) -> None:
        now = time.monotonic()
        for sent in sender.delays(self._chance):
            for received in receiver.delays(self._chance):
                self._number += 1  # what is due at one moment keeps its order
                heapq.heappush(self._under_way, (now + sent + received, self._number, receiver.device, packet))


def main() -> None:
    """Sets up the machines, then routes."""
    asked = json.loads(sys.stdin.readline())
    router, lines = Router(random.Random(asked["seed"])), dict[str, MachineLink]()
    links = dict[str, tuple[str, int | None]]()
    for name, (device, address, namespace) in zip(asked["machines"], _machines(), strict=False):
        lines[name], links[name] = MachineLink(device), (address, namespace)
        router.connect(lines[name], address)
    _answer(links)
    orders = sys.stdin.fileno()
    while True:
        readable, _, _ = select.select([orders, *router.by_device], [], [], router.seconds_until_due())
        for source in readable:
            if source != orders:
                router.take(source)
            elif order := sys.stdin.readline():
                _answer(_obeyed(lines, json.loads(order)))
            else:
                return
        router.deliver()


def _machines() -> Iterator[tuple[int, str, int | None]]:
    """Devices with their addresses: the first one here, each other one with the file descriptor of a new namespace."""
    subnet, device = _free_subnet()
    yield _set_up(device, f"callmine{subnet}", f"198.18.{subnet}.1"), f"198.18.{subnet}.1", None
    for number in range(2, 255):
        address = f"198.18.{subnet}.{number}"
        with entered(None):
            _ip("link", "set", "lo", "up")
            device, namespace = _set_up(tunnel("eth0"), "eth0", address), opened()
        yield device, address, namespace


def _free_subnet() -> tuple[int, int]:
    """One that no other router has, by the name of its device here, and that device."""
    for subnet in random.SystemRandom().sample(SUBNETS, len(SUBNETS)):
        try:
            return subnet, tunnel(f"callmine{subnet}")
        except OSError as error:
            busy = error
    raise busy


def _set_up(device: int, name: str, address: str) -> int:
    _ip("address", "add", f"{address}/24", "dev", name)
    _ip("link", "set", name, "mtu", str(MTU), "txqueuelen", str(WAITING), "up")
    return device


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, stdin=subprocess.DEVNULL)


def _obeyed(lines: Mapping[str, MachineLink], order: Mapping[str, Any]) -> dict[str, LineCount]:
    """Sets the lines that the order names; what each line has done so far."""
    for name, quality in order.items():
        lines[name].quality = LineQuality(**quality)
    return {name: line.count() for name, line in lines.items()}


def _answer(said: object) -> None:
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
