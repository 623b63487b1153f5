"""Whether librdkafka accepts the user's properties: tried with librdkafka itself, before anything else is done."""

from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaException

from consumer.kafka.group_config import BASE, PROTOCOLS

# Without brokers a client opens no connection; a group it must have.
ALONE = {"group.id": "audit-settings-check", "log_level": 0}
# Not a property of librdkafka. It sets properties in order, so an error about an earlier one is about that one alone.
NO_PROPERTY = {"audit.no.property": ""}


def refused_properties(properties: Mapping[str, str]) -> list[tuple[tuple[str, ...], str]]:
    """What librdkafka refuses in `properties`: the names that are wrong, alone or together, and its message."""
    if (words := _refusal(properties)) is None:
        return []
    passed = _refusal(NO_PROPERTY)
    alone = [(name, _refusal({name: value, **NO_PROPERTY})) for name, value in properties.items()]
    refused: list[tuple[tuple[str, ...], str]] = [
        ((name,), why) for name, why in alone if why is not None and why != passed
    ]
    rest = _without(properties, *(name for names, _ in refused for name in names))
    if (words := _refusal(rest)) is not None:
        cures = tuple(name for name in rest if _refusal(_without(rest, name)) is None)
        refused.append((cures or tuple(rest), words))
    return refused


def _without(properties: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in properties.items() if name not in names}


def _refusal(properties: Mapping[str, str]) -> str | None:
    remaining = dict(properties)
    protocol = PROTOCOLS.get(remaining.pop("group.protocol", "consumer"))
    if protocol is None:
        return "group.protocol must be consumer or classic"
    try:
        Consumer({**remaining, **BASE, **protocol, **ALONE, **remaining}).close()
    except KafkaException as error:
        return str(error.args[0].str())
    except (ValueError, TypeError, AttributeError) as error:
        return str(error)
    return None
