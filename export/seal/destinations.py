"""Makes the destinations that checkpoints are copied to, from the settings."""

from collections.abc import Mapping

from export.copies.command import Command
from export.copies.copies import Copies
from export.copies.destination import Destination
from export.copies.directory import Directory
from export.copies.kafka import CheckpointTopic
from export.settings import SealSettings


def copies_of(settings: SealSettings, environ: Mapping[str, str]) -> Copies:
    """All of them; the command runs in `environ`, without our own settings."""
    destinations: list[Destination] = []
    if settings.copy_topic is not None:
        destinations.append(CheckpointTopic(settings.bootstrap_servers, settings.copy_topic, settings.kafka))
    if settings.copy_dir is not None:
        destinations.append(Directory(settings.copy_dir))
    if settings.copy_command:
        destinations.append(Command(settings.copy_command, environ))
    return Copies(destinations, settings.folder)
