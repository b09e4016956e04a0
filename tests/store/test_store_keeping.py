"""Copies of the database, bringing one back, the ballast."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import pytest

from storage.errors import AlreadyRunning, DiskFull, SchemaTooNew, StoreError
from storage.store import Store, instance_lock, restore
from tests.builders_storage import a_plan, add_feed, an_item, open_store, publish, url_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path)
    add_feed(opened)
    publish(opened, a_plan(an_item(1)))
    yield opened
    opened.close()


def titles(path: Path) -> list[str]:
    store = Store.open(url_of(path), create=False)
    with store.reading() as tx:
        found = [item.title for item in tx.items.replay()]
    store.close()
    return found


def test_a_backup_is_a_database_of_its_own_in_one_file(store, tmp_path):
    target = tmp_path / "kept" / "copy.db"
    target.parent.mkdir()
    store.backup(target)
    publish(store, a_plan(an_item(2, title="Later"), document=2))
    assert [file.name for file in target.parent.iterdir()] == ["copy.db"]
    assert titles(target) == ["The centre opens in Baku"]
    assert len(titles(store.path)) == 2


def test_a_backup_replaces_the_one_of_yesterday(store, tmp_path):
    target = tmp_path / "copy.db"
    store.backup(target)
    publish(store, a_plan(an_item(2), document=2))
    store.backup(target)
    assert len(titles(target)) == 2


def test_a_backup_is_as_private_as_the_database(store, tmp_path):
    store.path.chmod(0o600)
    store.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no file system without a size here")
def test_a_backup_where_nothing_can_be_written_says_so_and_no_word_of_space(store):
    assert shutil.disk_usage("/proc").total == 0
    with pytest.raises(StoreError, match=r"/proc/x\.db cannot be opened for writing") as refused:
        store.backup(Path("/proc/x.db"))
    assert not isinstance(refused.value, DiskFull)


def test_a_backup_ends_while_others_write(store, tmp_path):
    stop = threading.Event()
    written = []

    def write() -> None:
        number = 1
        while not stop.is_set():
            number += 1
            publish(store, a_plan(an_item(number), document=number))
            written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            store.backup(tmp_path / "copy.db")
    finally:
        stop.set()
        writer.join()
    assert written
    assert 1 <= len(titles(tmp_path / "copy.db")) <= len(written) + 1


@pytest.mark.parametrize("target", ["salname.db", "."])
def test_a_backup_never_replaces_the_database_or_a_folder(store, tmp_path, target):
    with pytest.raises(StoreError, match="name another file"):
        store.backup(tmp_path / target)
    assert len(titles(store.path)) == 1


def test_a_backup_into_nowhere_gives_one_line(store, tmp_path):
    with pytest.raises(StoreError) as caught:
        store.backup(tmp_path / "no" / "such" / "folder" / "copy.db")
    assert "copy.db" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_backup_under_an_impossible_name_gives_one_line(store, tmp_path):
    with pytest.raises(StoreError, match="cannot be written"):
        store.backup(tmp_path / ("x" * 300))


def test_a_backup_that_is_killed_leaves_the_old_one_whole(store, tmp_path):
    target = tmp_path / "copy.db"
    store.backup(target)
    before = target.read_bytes()
    publish(store, a_plan(an_item(2), document=2))
    program = """
        import sys
        from pathlib import Path
        from storage.store import Store
        Store.open(sys.argv[1]).backup(Path(sys.argv[2]))
    """
    command = [sys.executable, "-c", dedent(program), url_of(store.path), str(target)]
    environment = {**os.environ, "SALNAME_CRASH_AT": "mid_backup:1"}
    died = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert died.returncode == 137, died.stderr
    assert target.read_bytes() == before
    store.backup(target)
    assert len(titles(target)) == 2
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_comes_back_and_what_it_replaces_is_kept(store, tmp_path):
    kept = tmp_path / "kept.db"
    store.backup(kept)
    publish(store, a_plan(an_item(2, title="Later"), document=2))
    store.close()
    aside = restore(kept, url_of(store.path))
    assert titles(store.path) == ["The centre opens in Baku"]
    assert aside is not None
    assert aside.name.startswith("salname.db.replaced-")
    assert titles(aside) == ["The centre opens in Baku", "Later"]
    assert titles(kept) == ["The centre opens in Baku"]


def test_a_log_that_was_not_folded_in_goes_aside_with_its_database(store, tmp_path):
    kept = tmp_path / "kept.db"
    store.backup(kept)
    publish(store, a_plan(an_item(2, title="In the log alone"), document=2))
    # A process that was killed leaves its log behind; another reader keeps it from being folded in here.
    with store.reading() as tx:
        assert len(list(tx.items.replay())) == 2
        aside = restore(kept, url_of(store.path))
    assert aside is not None
    store.close()
    assert titles(store.path) == ["The centre opens in Baku"]
    assert titles(aside) == ["The centre opens in Baku", "In the log alone"]


def test_two_restores_in_a_second_keep_both_old_databases(store, tmp_path):
    kept = tmp_path / "kept.db"
    store.backup(kept)
    store.close()
    first = restore(kept, url_of(store.path))
    second = restore(kept, url_of(store.path))
    assert first is not None
    assert second is not None
    assert first != second
    assert titles(first) == titles(second) == titles(store.path)


def test_a_backup_can_start_a_database_that_is_not_there(store, tmp_path):
    store.backup(tmp_path / "kept.db")
    elsewhere = tmp_path / "elsewhere" / "salname.db"
    elsewhere.parent.mkdir()
    assert restore(tmp_path / "kept.db", url_of(elsewhere)) is None
    assert len(titles(elsewhere)) == 1


def test_a_stray_log_is_not_played_into_what_is_restored(store, tmp_path):
    store.backup(tmp_path / "kept.db")
    publish(store, a_plan(an_item(2, title="In the log alone"), document=2))
    log = tmp_path / "salname.db-wal"
    stray = log.read_bytes()
    store.close()
    store.path.unlink()
    log.write_bytes(stray)
    restore(tmp_path / "kept.db", url_of(store.path))
    assert not log.exists()
    assert titles(store.path) == ["The centre opens in Baku"]


def test_a_restore_waits_for_nobody_it_is_refused_while_another_instance_runs(store, tmp_path):
    store.backup(tmp_path / "kept.db")
    with instance_lock(store.path), pytest.raises(AlreadyRunning):
        restore(tmp_path / "kept.db", url_of(store.path))
    restore(tmp_path / "kept.db", url_of(store.path))


def test_only_a_sound_backup_of_ours_is_brought_back(store, tmp_path):
    store.backup(tmp_path / "kept.db")
    (tmp_path / "text.db").write_text("no database at all " * 500)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other, other:
        other.execute("CREATE TABLE recipe (name TEXT)")
    (tmp_path / "newer.db").write_bytes((tmp_path / "kept.db").read_bytes())
    with closing(sqlite3.connect(tmp_path / "newer.db")) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '0999'")
    (tmp_path / "torn.db").write_bytes((tmp_path / "kept.db").read_bytes()[:40_000] + b"\xff" * 20_000)
    (tmp_path / "rotten.db").write_bytes((tmp_path / "kept.db").read_bytes())
    with closing(sqlite3.connect(tmp_path / "rotten.db")) as rotten, rotten:
        rotten.execute("PRAGMA ignore_check_constraints = ON")
        rotten.execute("UPDATE feed SET state = 'unheard of'")
    before = store.path.read_bytes()
    for name, error, complaint in [
        ("none.db", StoreError, "there is no file"),
        ("text.db", StoreError, "text.db is no backup of Salname: it is no database at all$"),
        ("other.db", StoreError, "no backup of Salname"),
        ("newer.db", SchemaTooNew, "schema 0999"),
        ("torn.db", StoreError, r"torn.db is damaged \(.*\): use another backup$"),
        ("rotten.db", StoreError, "is damaged .CHECK constraint failed in feed.: use another backup"),
    ]:
        with pytest.raises(error, match=complaint):
            restore(tmp_path / name, url_of(store.path))
    assert store.path.read_bytes() == before
    assert len(titles(store.path)) == 1


def test_ballast_is_kept_and_dropped(store, tmp_path):
    ballast = tmp_path / "salname.db.ballast"
    assert store.ensure_ballast()
    assert ballast.stat().st_size == 1024 * 1024
    before = ballast.stat().st_mtime_ns
    assert store.ensure_ballast()
    assert ballast.stat().st_mtime_ns == before
    assert store.drop_ballast()
    assert not ballast.exists()
    assert not store.drop_ballast()


def test_no_room_for_ballast_is_no_error(store, tmp_path):
    assert store.ensure_ballast()
    store.drop_ballast()
    (tmp_path / "salname.db.ballast").mkdir()
    assert not store.ensure_ballast()
