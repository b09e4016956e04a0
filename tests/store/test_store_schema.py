"""Opening: a new database, a current one, an older, a newer, and what is none of ours."""

import re
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from shutil import copytree
from textwrap import dedent

import pytest

from storage import migrations
from storage.engine import open_engine, translated
from storage.errors import DiskFull, Locked, SchemaTooNew, StoreError
from storage.reading import NEWEST
from storage.store import Store
from tests.builders_storage import a_plan, add_feed, an_item, open_store, publish, url_of

ROOT = Path(__file__).parents[2]


def schema_of(path: Path) -> dict[str, list[str]]:
    """The statements that made a database, each as its sorted lines: order of constraints is no difference."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: sorted(line.strip(" ,\t") for line in re.split(r"\n|, (?=\w+ )", sql)) for name, sql in rows}


def with_another_version(folder: Path, upgrade: str) -> Path:
    """A copy of the migrations with one more at their end."""
    copy = folder / "migrations"
    copytree(migrations.FOLDER, copy)
    head = 'revision = "0002"\ndown_revision = "0001"\nimport sqlalchemy as sa\nfrom alembic import op\n'
    body = dedent(upgrade).strip().replace("\n", "\n    ")
    (copy / "versions" / "0002_next.py").write_text(f"{head}def upgrade():\n    {body}\n")
    return copy


def test_the_newest_schema_that_readers_understand_is_the_last_of_the_migrations():
    assert migrations.head() == NEWEST


def test_migrations_from_nothing_make_the_schema_that_the_tables_declare(tmp_path):
    open_store(tmp_path).close()
    engine = open_engine(url_of(tmp_path / "migrated.db"))
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        migrations.upgrade(connection)
    engine.dispose()

    declared = schema_of(tmp_path / "salname.db")
    assert len(declared) > 60
    assert schema_of(tmp_path / "migrated.db") == declared


def test_alembic_itself_sees_no_difference(tmp_path):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from storage.tables import metadata

    open_store(tmp_path).close()
    engine = open_engine(url_of(tmp_path / "salname.db"))
    with engine.connect() as connection:
        # The full-text index keeps its own tables, which no metadata knows; the test above holds what makes them.
        options = {"include_name": lambda name, _kind, _parents: not str(name).startswith("item_fts")}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()
    assert found == []


def test_opening_a_current_database_needs_no_alembic(tmp_path):
    program = """
        import sys
        from storage.store import Store
        Store.open(sys.argv[1]).close()
        Store.open(sys.argv[1]).close()
        assert "sqlmodel" in sys.modules
        print("alembic" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(program), url_of(tmp_path / "salname.db")],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "False"


def test_a_store_that_is_opened_again_remembers(tmp_path):
    store = open_store(tmp_path)
    add_feed(store)
    publish(store, a_plan(an_item(1)))
    store.close()

    store = open_store(tmp_path)
    with store.reading() as tx:
        assert tx.items.get(1) == an_item(1)
    store.close()


def test_a_fresh_database_is_durable_and_can_shrink(tmp_path):
    store = open_store(tmp_path)
    pragmas = {}
    with store.reading() as tx:
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "auto_vacuum"):
            pragmas[name] = tx._connection.exec_driver_sql(f"PRAGMA {name}").scalar()
    store.close()
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "auto_vacuum": 2,  # INCREMENTAL
    }


def test_threads_that_open_a_new_database_at_once_make_it_once(tmp_path):
    stores: list[Store] = []
    start = threading.Barrier(4)

    def open_one() -> None:
        start.wait()
        stores.append(open_store(tmp_path))

    threads = [threading.Thread(target=open_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 4
    for store in stores:
        with store.reading() as tx:
            assert tx.feeds.all() == []
        store.close()


def test_an_older_database_is_backed_up_and_upgraded(tmp_path, monkeypatch):
    store = open_store(tmp_path)
    add_feed(store)
    publish(store, a_plan(an_item(1)))
    store.close()
    # The table is rebuilt under its children's feet: their references must survive.
    newer = with_another_version(
        tmp_path,
        """
        with op.batch_alter_table("feed", recreate="always") as batch:
            batch.add_column(sa.Column("mood", sa.Text(), server_default="calm"))
        """,
    )
    monkeypatch.setattr(migrations, "FOLDER", newer)

    open_store(tmp_path).close()

    with closing(sqlite3.connect(tmp_path / "salname.db")) as upgraded:
        assert upgraded.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002",)]
        assert upgraded.execute("SELECT url, mood FROM feed").fetchall() == [("https://one.example/feed.xml", "calm")]
        assert upgraded.execute("SELECT id, feed_id FROM item").fetchall() == [(1, 1)]
        assert upgraded.execute("PRAGMA foreign_key_check").fetchall() == []
    (backup,) = tmp_path.glob("salname.db.schema-0001.*.backup")
    assert re.fullmatch(r"salname\.db\.schema-0001\.\d{8}T\d{6}Z\.backup", backup.name)
    with closing(sqlite3.connect(backup)) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert old.execute("SELECT count(*) FROM item").fetchall() == [(1,)]


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(tmp_path, monkeypatch):
    store = open_store(tmp_path)
    add_feed(store)
    store.close()
    before = schema_of(tmp_path / "salname.db")
    newer = with_another_version(
        tmp_path,
        """
        op.add_column("feed", sa.Column("mood", sa.Text()))
        op.execute("INSERT INTO no_such_table VALUES (1)")
        """,
    )
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "FOLDER", newer)
        with pytest.raises(StoreError, match="no such table: no_such_table"):
            open_store(tmp_path)

    assert schema_of(tmp_path / "salname.db") == before
    store = open_store(tmp_path)
    with store.reading() as tx:
        assert len(tx.feeds.all()) == 1
    store.close()


def test_an_upgrade_that_would_lose_a_reference_is_refused(tmp_path, monkeypatch):
    store = open_store(tmp_path)
    add_feed(store)
    publish(store, a_plan(an_item(1)))
    store.close()
    monkeypatch.setattr(migrations, "FOLDER", with_another_version(tmp_path, 'op.execute("DELETE FROM feed")'))
    with pytest.raises(StoreError, match="cannot be upgraded"):
        open_store(tmp_path)
    with closing(sqlite3.connect(tmp_path / "salname.db")) as kept:
        assert kept.execute("SELECT count(*) FROM feed").fetchall() == [(1,)]


def test_a_newer_database_is_refused_with_a_way_out(tmp_path):
    open_store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "salname.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(SchemaTooNew, match=r"schema 0999, this one knows 0001.*upgrade Salname"):
        open_store(tmp_path)


def test_a_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
    with pytest.raises(StoreError, match="another program"):
        Store.open(url_of(path))
    assert set(schema_of(path)) == {"recipe"}


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("postgresql://host/name", "cannot be used"),
        ("sqlite://", "cannot be used"),
        ("sqlite:///:memory:", "cannot be used"),
        ("what is this", "no database URL"),
    ],
)
def test_what_is_no_sqlite_file_is_refused(url, complaint):
    with pytest.raises(StoreError, match=complaint):
        Store.open(url)


def test_a_password_in_a_refused_url_is_not_shown():
    with pytest.raises(StoreError) as caught:
        Store.open("postgresql://me:hunter2@host/name")
    assert "hunter2" not in str(caught.value)


def test_a_missing_database_is_made_only_on_demand(tmp_path):
    path = tmp_path / "deep" / "er" / "salname.db"
    with pytest.raises(StoreError, match="salname run"):
        Store.open(url_of(path), create=False)
    assert not path.parent.exists()
    store = Store.open(url_of(path))
    assert store.path == path
    store.close()
    Store.open(url_of(path), create=False).close()


@pytest.mark.parametrize("content", [b"a text that is no database, long enough to be read as a header of one" * 20])
def test_a_file_that_is_no_database_gives_one_line(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged or no database.*salname restore") as caught:
        Store.open(url_of(path))
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


def test_a_folder_in_the_place_of_the_database_gives_one_line(tmp_path):
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        Store.open(url_of(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_file_in_the_place_of_the_folder_gives_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        Store.open(url_of(tmp_path / "file" / "salname.db"))


def read_everything(folder: Path) -> None:
    with closing(open_store(folder)) as store, store.reading() as tx:
        list(tx.items.replay())


def test_a_damaged_page_is_reported_with_the_way_back(tmp_path):
    store = open_store(tmp_path)
    add_feed(store)
    for start in range(1, 400, 100):
        publish(store, a_plan(*(an_item(number) for number in range(start, start + 100))))
    store.close()
    path = tmp_path / "salname.db"
    content = bytearray(path.read_bytes())
    content[8192:-4096] = b"\xff" * (len(content) - 8192 - 4096)
    path.write_bytes(bytes(content))
    with pytest.raises(StoreError, match=r"salname restore"):
        read_everything(tmp_path)


def test_foreign_errors_are_translated_with_their_file(tmp_path):
    refused = pytest.raises(StoreError, match=r"x\.db refused a statement.*no such table: elsewhere")
    with closing(sqlite3.connect(":memory:")) as connection, refused, translated(Path("x.db")):
        connection.execute("SELECT * FROM elsewhere")


@pytest.mark.parametrize(
    ("code", "kind", "advice"),
    [
        (sqlite3.SQLITE_BUSY, Locked, "try again"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Locked, "try again"),
        (sqlite3.SQLITE_FULL, DiskFull, "free some"),
        (sqlite3.SQLITE_CORRUPT_INDEX, StoreError, "salname restore"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, StoreError, "permissions"),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreError, "the disk under"),
        (sqlite3.SQLITE_CONSTRAINT_CHECK, StoreError, "refused a statement"),
        (0, StoreError, "refused a statement"),
    ],
)
def test_each_error_of_the_driver_says_what_to_do(code, kind, advice):
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    with pytest.raises(StoreError, match=advice) as caught, translated(Path("/data/salname.db")):
        raise error
    assert type(caught.value) is kind
    assert "/data/salname.db" in str(caught.value)
    assert "\n" not in str(caught.value)
