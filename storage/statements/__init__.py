"""How many rows are asked for and written at once, past most of SQLAlchemy's work on each value."""
