"""Alembic runs this file: the revisions go through the connection, and in the transaction, that migrate.py has open."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
