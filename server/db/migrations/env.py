"""Run by Alembic: applies the steps over the connection that `server.db.migrate` hands in."""

from alembic import context

from server.db.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    # SQLite cannot alter most of a table in place; a batch copies it.
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
