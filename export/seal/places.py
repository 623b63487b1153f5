"""Makes the places that checkpoints are copied to, from the settings."""

from collections.abc import Mapping

from export.copies.command import Command
from export.copies.copies import Copies
from export.copies.directory import Directory
from export.copies.kafka import Topic
from export.copies.place import Place
from export.settings import SealSettings


def copies_of(settings: SealSettings, environ: Mapping[str, str]) -> Copies:
    """All of them; the command runs in `environ`, without our own settings."""
    places: list[Place] = []
    if settings.copy_topic is not None:
        places.append(Topic(settings.bootstrap_servers, settings.copy_topic, settings.kafka))
    if settings.copy_dir is not None:
        places.append(Directory(settings.copy_dir))
    if settings.copy_command:
        places.append(Command(settings.copy_command, environ))
    return Copies(places, settings.folder)
