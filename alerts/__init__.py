"""What Salname says: which change goes where, and its delivery without loss."""

__distribution__ = "salname"
