"""The registry's client on a real Schema Registry."""

import json

import pytest

from consumer.registry.client import Registry, SchemaAbsent
from sandbox.services.registry import SchemaRegistry
from schemas import latest


def test_a_real_registry(registry: SchemaRegistry) -> None:
    """A real registry gives back the text that was registered, and says of an unknown id that it is unknown."""
    text = latest("schedule.edited").text
    door = Registry(registry.url)
    try:
        assert json.loads(door.fetch(registry.register("test-registry", text))) == json.loads(text)
        with pytest.raises(SchemaAbsent):
            door.fetch(2**31 - 1)
    finally:
        door.close()
