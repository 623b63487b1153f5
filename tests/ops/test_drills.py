"""What an operator does by docs/runbook.md, line by line and under load: nothing is lost, nothing doubled, books balance.

Faults are for tests/e2e; here everything is done on purpose.
"""

from pathlib import Path

import pytest

from reader.model import Query
from reader.query.database import Database
from reader.query.listing import Listings
from reader.query.unavailable import Unavailable
from runtime.migrations import migrate
from sandbox.services.postgres import PostgresServer
from sandbox.services.service import KafkaBroker
from tests.builders import Message, event, events
from tests.e2e.program import Program
from tests.e2e.world import World, operate
from tests.ops.load import flows, has_joined, load
from tests.ops.runbook import Procedure

SEGMENT = 1048576  # transactions in one file of pg_xact


def restarted(world: World, drill: Procedure, old: Program, **environ: str) -> Program:
    """The lines `kill` and `run` for one consumer; the new one, at work."""
    drill.line("kill -TERM PID")
    assert old.stop() == 0
    new = world.consumer(*drill.command("run"), **environ)
    has_joined(world, new)
    return new


def closed(world: World, *programs: Program) -> None:
    """Everything is read, the programs end in order, and every record has the outcome that was planned."""
    world.until_read(*programs)
    for program in programs:
        assert program.stop() == 0
    world.check()


def test_stopping_and_starting(world: World) -> None:
    """The only consumer stops and another one starts."""
    drill, topic = Procedure("Stopping and starting"), world.topic(3)
    first = world.consumer("run")
    with load(world, [topic]):
        flows(world, first)
        second = restarted(world, drill, first)
        flows(world, second)
    operate(world, *drill.command("status"))
    drill.over()
    closed(world, second)


def test_upgrading(world: World) -> None:
    """The schema is migrated beside two consumers at work, which are then restarted one by one."""
    topic = world.topic(4)
    old = [world.consumer("run") for _ in range(2)]
    new: list[Program] = []
    with load(world, [topic]):
        for program in old:
            has_joined(world, program)
        migrated = Procedure("Upgrading").command("migrate")
        operate(world, *migrated)
        flows(world, *old)
        for program in old:
            drill = Procedure("Upgrading")
            drill.command("migrate")
            new.append(restarted(world, drill, program))
            flows(world, *new)
            operate(world, *drill.command("status"))
            drill.over()
    closed(world, *new)


def test_growing_and_shrinking(world: World) -> None:
    """One consumer, three, more partitions, and one again."""
    topic = world.topic(3)
    first = world.consumer("run")
    with load(world, [topic]):
        has_joined(world, first)
        drill = Procedure("Growing")
        run = drill.command("run")
        others = [world.consumer(*run) for _ in range(2)]
        for program in others:
            has_joined(world, program)
        flows(world, first, *others)
        drill.line("kafka-topics.sh --bootstrap-server HOST:PORT --alter --topic TOPIC --partitions COUNT")
        world.add_partitions(topic, 6)
        world.until(lambda: len(world.progress()) == 6, "the new partitions are claimed", of=[first, *others])
        drill.line("kill -TERM PID")
        for program in others:
            assert program.stop() == 0
        flows(world, first)
        operate(world, *drill.command("status"))
        drill.over()
    closed(world, first)


def test_moving_to_a_re_created_topic(world: World) -> None:
    """One topic is deleted and re-created while another one is under load; its new log is read from the beginning."""
    drill, topic, other = Procedure("Moving to a re-created topic"), world.topic(2), world.topic()
    world.send(topic, events(50))
    consumer = world.consumer("run")
    world.until_read(consumer)
    with load(world, [other]):
        drill.line("kill -TERM PID")
        assert consumer.stop() == 0
        drill.line("kafka-topics.sh --bootstrap-server HOST:PORT --delete --topic TOPIC")
        world.admin.delete_topics([topic])[topic].result()
        world.expected["recorded"] -= 50  # counted in the books of the old log
        drill.line("kafka-topics.sh --bootstrap-server HOST:PORT --create --topic TOPIC --partitions COUNT")
        world.create_topic(topic, 2)
        world.send(topic, events(70), producer=world.producer())
        consumer = world.consumer(*drill.command("run"))
        world.until(
            lambda: len(consumer.logged("halted", topic=topic)) == 2, "its partitions are halted", of=[consumer]
        )
        flows(world, consumer)
        operate(world, *drill.command("gaps list"))
        stated = [row["id"] for row in world.rows("SELECT id FROM data_gap ORDER BY id")]
        accept = drill.command("gaps accept", id=stated[0])
        for number in stated:
            operate(world, *[str(number) if word == str(stated[0]) else word for word in accept])
        flows(world, consumer)
        operate(world, *drill.command("status"))
        drill.over()
    closed(world, consumer)


def test_restoring_a_backup(kafka: KafkaBroker, tmp_path: Path) -> None:
    """A copy taken under load, from which the database is set up again, is filled from Kafka; replays are done again."""
    drill = Procedure("Restoring a backup")
    with PostgresServer(settings={"fsync": "off"}) as lost:
        url = lost.create_database("audit")
        migrate(url, lambda _: None)
        with World(kafka.bootstrap, url, tmp_path) as world:
            topic = world.topic(3)
            consumer = world.consumer("run")
            with load(world, [topic]):
                flows(world, consumer)
                drill.line("pg_basebackup -D FOLDER -d SUPERUSER_URL --checkpoint=fast")
                backup = lost.base_backup()
                flows(world, consumer)
                assert consumer.stop() == 0
            lost.stop()
            with PostgresServer(settings={"fsync": "off"}, data_from=backup, password=lost.password) as restored:
                world.database_url = restored.url("audit")
                had = world.count("audit_event")
                assert 0 < had < world.expected["recorded"]
                with load(world, [topic]):
                    consumer = world.consumer(*drill.command("run"))
                    flows(world, consumer)
                world.until_read(consumer)
                operate(world, *drill.command("status --count-entries"))
                drill.over()
                closed(world, consumer)


def test_restoring_a_logical_dump(postgres: PostgresServer, world: World, tmp_path: Path) -> None:
    """In a new cluster the reader counts wrongly until the counter is moved; then all is right, and the consumer goes on."""
    drill, topic = Procedure("Restoring a logical dump"), world.topic()
    message = events(1)[0]
    world.send(topic, [message])
    postgres.stop()
    postgres.run("pg_resetwal", f"--next-transaction-id={3 * SEGMENT}", "-D", postgres.data_dir, as_server=True)
    postgres.start()
    world.run_until_end()
    dump = tmp_path / "dump"
    postgres.run("pg_dump", "-Fc", "-f", dump, "-d", world.database_url)
    with PostgresServer(settings={"fsync": "off"}) as fresh:
        url = fresh.create_database("audit")
        world.database_url = url
        for _ in range(6):
            world.rows(drill.line("CREATE ROLE"))
        drill.line("pg_restore -d SUPERUSER_URL DUMP")
        fresh.run("pg_restore", "-d", url, dump)
        with pytest.raises(Unavailable):  # entries from beyond the counter: nothing is shown rather than a part
            read_by_the_reader(url, message)
        number = world.value(drill.line("SELECT"))
        drill.line("pg_resetwal --next-transaction-id=NUMBER -D FOLDER")
        fresh.stop()
        fresh.run("pg_resetwal", f"--next-transaction-id={number}", "-D", fresh.data_dir, as_server=True)
        fresh.start()
        assert read_by_the_reader(url, message) == 1
        world.send(topic, events(20))
        world.run_until_end()
        operate(world, *drill.command("status --count-entries"))
        drill.over()
        world.check()


def read_by_the_reader(url: str, message: Message) -> int:
    """How many entries the message's workspace has."""
    assert message.key is not None
    database = Database(url)
    try:
        return Listings(database).page(message.key.decode(), Query()).total
    finally:
        database.close()


def test_replaying_rewinding_and_accepting_by_the_book(world: World) -> None:
    """What waits is replayed or dismissed, a partition is read again, a gap is accepted, beside a consumer at work."""
    topic, calm = world.topic(), world.topic()
    kept, junk = events(1)[0], event().with_headers(ce_type="member.unheard_of")
    world.send(topic, [kept])
    world.send(topic, [junk, junk.with_headers(ce_id="another")], "parked")
    consumer = world.consumer("run")
    with load(world, [calm]):
        world.until(lambda: world.count("parked_record") == 2, "both are parked", of=[consumer])
        replaying = Procedure("Replaying")
        operate(world, *replaying.command("parked list"))
        operate(world, *replaying.command("parked show", id=1))
        again = world.consumer(*replaying.command("parked replay", id=1))
        assert again.wait() == 1, again.tail()  # the type is unheard of as before: it stays where it is
        for number in (1, 2):
            line = Procedure("Replaying")
            for start in ("parked list", "parked show", "parked replay"):
                line.command(start)
            operate(world, *line.command("parked dismiss", id=number))
            line.over()
        rewinding = Procedure("Rewinding")
        operate(world, *rewinding.command("rewind", topic=topic, partition=0, offset=0))
        world.expected["duplicate"] += 1
        world.until(lambda: world.progress()[topic, 0]["next_offset"] == 3, "it is read again", of=[consumer])
        operate(world, *rewinding.command("status"))
        rewinding.over()
        assert consumer.stop() == 0
        gone = events(4)
        world.send(topic, gone, producer=world.producer())
        world.delete_records(topic, 0, before=7)
        world.lose(gone)
        world.send(topic, events(2), producer=world.producer())
        consumer = world.consumer("run")
        world.until(lambda: world.count("data_gap") == 1, "the gap is stated", of=[consumer])
        accepting = Procedure("Accepting a gap")
        operate(world, *accepting.command("gaps list"))
        operate(world, *accepting.command("gaps accept", id=1))
        operate(world, *accepting.command("status"))
        accepting.over()
        flows(world, consumer)
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check_accounts()
    assert world.count("audit_event") == sum((+world.recorded).values())
    operate(world, "status", "--count-entries")
