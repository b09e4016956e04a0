"""The full-text index over `item_search`: SQLite's FTS5, kept by triggers in the transaction that changes a row.

Rule: the index holds no text of its own (`content=`), so that what leaves `item_search` has left the search. Words come
folded and in their common form with one blank between two: the tokenizer parts them and does nothing else. Elsewhere
than on SQLite a full-text index of that database takes the same three columns.
"""

from sqlalchemy import Connection, Table, event

# Segments are merged by sixteens: a poll stores 25 items, and merging by fours costs a third more.
STATEMENTS = (
    """CREATE VIRTUAL TABLE item_fts USING fts5(title, text, marks, content='item_search', content_rowid='item_id', \
columnsize=0, tokenize="ascii tokenchars ':-+%_.'")""",
    "INSERT INTO item_fts(item_fts, rank) VALUES ('automerge', 16)",
    """CREATE TRIGGER item_search_added AFTER INSERT ON item_search BEGIN
INSERT INTO item_fts(rowid, title, text, marks) VALUES (new.item_id, new.title, new.text, new.marks);
END""",
    """CREATE TRIGGER item_search_removed AFTER DELETE ON item_search BEGIN
INSERT INTO item_fts(item_fts, rowid, title, text, marks)
VALUES ('delete', old.item_id, old.title, old.text, old.marks);
END""",
    """CREATE TRIGGER item_search_changed AFTER UPDATE ON item_search
WHEN old.title <> new.title OR old.text <> new.text OR old.marks <> new.marks BEGIN
INSERT INTO item_fts(item_fts, rowid, title, text, marks)
VALUES ('delete', old.item_id, old.title, old.text, old.marks);
INSERT INTO item_fts(rowid, title, text, marks) VALUES (new.item_id, new.title, new.text, new.marks);
END""",
)
WIPE = "INSERT INTO item_fts(item_fts) VALUES ('optimize')"  # rewrites the index without what was deleted from it


def declare(table: Table) -> None:
    """Make the index with the table, on SQLite."""

    @event.listens_for(table, "after_create")
    def make_index(_table: Table, connection: Connection, **_asked: object) -> None:
        for statement in STATEMENTS if connection.dialect.name == "sqlite" else ():
            connection.exec_driver_sql(statement)
