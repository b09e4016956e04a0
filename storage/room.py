"""Room on the disk: what is kept back for what is in flight, and whether there is any left.

Rule: the ballast beside a database is given up when a commit finds no room, and taken back once others left enough; so
a disk without room and a database without ballast mean that nothing is stored.
"""

import shutil
from pathlib import Path

BALLAST_BYTES = 1_048_576
ROOM_BYTES = 4 * BALLAST_BYTES  # free before a full disk counts as mended


def ballast_of(database: Path) -> Path:
    """The file that is given up."""
    return database.with_name(database.name + ".ballast")


def has_room(database: Path) -> bool:
    return shutil.disk_usage(database.parent).free >= ROOM_BYTES


def is_full(database: Path) -> bool:
    """Whether its ballast was given up, or never had room, and nobody has left enough since."""
    return database.exists() and not ballast_of(database).exists() and not has_room(database)
