"""A thread in the background that dies, of a mistake of ours: it is said, and then begins again or ends the program (decision 82)."""

import urllib.request

import pytest

from sandbox.services.ports import free_port
from tests.builders import events
from tests.e2e.silent import Silent
from tests.e2e.world import World

# Sooner than in production.
RESTART = ("set", "runtime.threads.RESTART_SECONDS=0.2")


@pytest.mark.parametrize("thread", ["watermark", "writer", "schema-fetcher"])
def test_a_thread_that_is_needed_takes_the_program_with_it(world: World, thread: str) -> None:
    """Exit code 1 and the thread's name; the next consumer goes on, and nothing is lost."""
    topic, registry = world.topic(), Silent()
    world.send(topic, events(5))
    consumer = world.consumer(failpoint=[thread, "raise"], SCHEMA_REGISTRY_URL=registry.url)
    assert consumer.wait() == 1
    registry.close()
    assert consumer.logged("thread_died", thread=thread)
    (said,) = consumer.logged("stopped", kind="ThreadDied")
    assert thread in said["error"]
    world.run_until_end()
    world.check()


@pytest.mark.parametrize("thread", ["poller", "probes", "log-writer"])
def test_a_thread_that_is_beside_the_matter_begins_again(world: World, thread: str) -> None:
    """It is a line of the log, the poller's death a figure too; the figures are fresh again, and recording goes on."""
    topic, port = world.topic(), free_port()
    consumer = world.consumer(failpoint=[*RESTART, thread, "raise"], AUDIT_METRICS_BIND=f"127.0.0.1:{port}")
    world.send(topic, events(5))
    world.until_read(consumer)
    world.until(lambda: bool(consumer.logged("thread_died", thread=thread)), "it is said", of=[consumer])
    world.until(lambda: _answer(port, "/readyz"), "it answers", of=[consumer])
    deaths = float(_figures(port).partition('auditlog_retries_total{class="thread"} ')[2].partition("\n")[0])
    assert deaths == (thread == "poller")
    assert consumer.stop() == 0
    world.check()


def _answer(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _figures(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())
