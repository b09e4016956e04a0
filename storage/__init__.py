"""What Salname remembers: nouns, tables, queries and the unit of work."""

__distribution__ = "salname"
