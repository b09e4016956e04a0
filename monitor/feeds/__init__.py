"""Reading the world: fetching, parsing and scheduling feeds."""
