"""What Alembic runs for every command: the migrations, on the connection and in the transaction of the caller."""

from alembic import context

from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters little: a table is rebuilt and renamed
)
with context.begin_transaction():
    context.run_migrations()
