"""What Alembic runs; its revisions lie in the rooms."""
