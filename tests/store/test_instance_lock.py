"""One instance a database."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from storage.errors import AlreadyRunning, StoreError
from storage.store import instance_lock
from storage.store.lock import network_file_system

ROOT = Path(__file__).parents[2]

HOLDER = """
    import os, sys, time
    from pathlib import Path
    from storage.store import instance_lock
    with instance_lock(Path(sys.argv[1])):
        print(os.getpid(), flush=True)
        sys.stdin.read()
"""
FORKING_HOLDER = """
    import os, sys, time
    from pathlib import Path
    from storage.store import instance_lock
    with instance_lock(Path(sys.argv[1])):
        child = os.fork()
        if child == 0:
            sys.stdin.read()
            os._exit(0)
        print(os.getpid(), flush=True)
        time.sleep(60)
"""


def start(program: str, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", dedent(program), str(path)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_second_instance_is_told_the_first_ones_process(tmp_path):
    path = tmp_path / "salname.db"
    with start(HOLDER, path) as holder:
        assert holder.stdout is not None
        pid = int(holder.stdout.readline())
        with pytest.raises(AlreadyRunning, match=f"in use by process {pid}") as caught, instance_lock(path):
            pass
        assert caught.value.pid == pid == holder.pid
        holder.communicate("")
    with instance_lock(path):
        pass


def test_a_killed_instance_holds_nothing(tmp_path):
    path = tmp_path / "salname.db"
    with start(HOLDER, path) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with instance_lock(path):
        assert (tmp_path / "salname.db.lock").read_text() == f"{os.getpid()}\n"


def test_a_forked_worker_does_not_keep_the_lock_of_its_killed_parent(tmp_path):
    path = tmp_path / "salname.db"
    with start(FORKING_HOLDER, path) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(AlreadyRunning), instance_lock(path):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with instance_lock(path):  # the child still lives: it reads its standard input, which is open
            pass


def test_the_lock_is_free_again_after_an_exception(tmp_path):
    path = tmp_path / "salname.db"
    with pytest.raises(KeyError), instance_lock(path):
        raise KeyError
    with instance_lock(path):
        pass


def test_within_one_process_too_there_is_one_instance(tmp_path):
    path = tmp_path / "salname.db"
    with instance_lock(path), pytest.raises(AlreadyRunning), instance_lock(path):
        pass


def test_a_lock_without_a_readable_number_names_no_process(tmp_path):
    path = tmp_path / "salname.db"
    with instance_lock(path):
        (tmp_path / "salname.db.lock").write_text("")
        with pytest.raises(AlreadyRunning, match="in use by another process") as caught, instance_lock(path):
            pass
    assert caught.value.pid is None


def test_a_folder_that_cannot_be_gives_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"), instance_lock(tmp_path / "file" / "salname.db"):
        pass


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /home nfs4 rw 0 0
/dev/sdb1 /home/local ext4 rw 0 0
//server/share /mnt/my\\040share cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/salname", None),
        ("/home/me", "nfs4"),
        ("/home/local/me", None),
        ("/homestead", None),
        ("/mnt/my share/data", "cifs"),
    ],
)
def test_a_network_file_system_is_known_by_its_mount(folder, kind):
    assert network_file_system(Path(folder), MOUNTS) == kind


def test_a_network_file_system_is_refused(tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x {tmp_path.resolve()} nfs4 rw 0 0\n")
    monkeypatch.setattr("storage.store.lock._MOUNTS", mounts)
    with pytest.raises(StoreError, match=r"network file system \(nfs4\)"), instance_lock(tmp_path / "salname.db"):
        pass
