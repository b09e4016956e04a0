"""What Salname watches: feeds, the items they publish and the events these tell of."""

__distribution__ = "salname"
__version__ = "0.1.0"
