"""A small invented archive of feeds that `salname demo` serves on loopback and polls through the real path."""
