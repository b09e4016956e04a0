"""One file a version of the schema; their names sort in order."""
