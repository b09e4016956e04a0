"""Figures in a text: a number with what it is called more or less than, its unit, and the words for what is counted.

        [qualifier] [currency] number [scale] [currency | unit] modifiers head [tail]

Rule: an interval, never a point, for "about 2,000" contradicts no 2,152; and better no figure than a page number: what
is glued to letters, follows "Resolution", or is a year, a day or an hour, counts nothing.
"""

from monitor.events.quantities.bounds import interval
from monitor.events.quantities.quantity import Quantity
from monitor.events.quantities.reading import cues, scan

__all__ = ["Quantity", "cues", "interval", "scan"]
