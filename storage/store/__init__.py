"""The store: one database file, opened, read, written, kept safe.

Rule: whoever is outside `storage` sees a `Store` and the transactions it hands out, never a connection or a row.
"""

from storage.store.keeping import copy_database as copy_database
from storage.store.keeping import restore as restore
from storage.store.lock import instance_lock as instance_lock
from storage.store.unit import Store as Store
from storage.store.unit import Transaction as Transaction

# What `Store.reading` and `Store.writing` hand out. One class: a reading one is held to its word by the database.
ReadTx = Transaction
WriteTx = Transaction
