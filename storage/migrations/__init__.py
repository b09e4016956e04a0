"""The versions of the schema and the way from an older one to the newest.

Rule: a migration that was released is never edited, and the chain of them ends at the schema that `tables` declares.
Alembic costs most of a second to import, SQLAlchemy nearly as much: whoever only asks for versions loads neither.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

FOLDER = Path(__file__).parent

_VERSION_TABLE = """\
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)"""


def revisions() -> list[str]:
    """Every version that this Salname knows, oldest first: "0001", "0002" ..."""
    return sorted(file.name[:4] for file in (FOLDER / "versions").glob("[0-9]*.py"))


def head() -> str:
    return revisions()[-1]


def version(connection: "Connection") -> str | None:
    """The schema version that a database says it has; None when it names none."""
    from sqlalchemy import inspect, text

    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def too_new(path: Path, found: str) -> str:
    """What to tell the owner of a database that a newer Salname wrote."""
    return (
        f"{path} was written by a newer Salname (schema {found}, this one knows {head()}): "
        "upgrade Salname, or restore a backup that this one made"
    )


def is_empty(connection: "Connection") -> bool:
    from sqlalchemy import inspect

    return not inspect(connection).get_table_names()


def create(connection: "Connection") -> None:
    """Make every table of an empty database and mark it as newest, in the transaction that is open."""
    from sqlalchemy import text

    from storage.tables import metadata

    metadata.create_all(connection, checkfirst=False)
    connection.execute(text(_VERSION_TABLE))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head()})


def upgrade(connection: "Connection") -> None:
    """Bring an older database to the newest version, in the transaction that is open."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
