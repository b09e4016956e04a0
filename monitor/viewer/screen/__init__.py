"""`salname view`: the timeline, looked at. Textual is imported here and nowhere else, and only by that command."""
