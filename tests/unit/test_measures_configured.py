"""`[[measures]]` of config.toml: a kind of figure of one's own."""

from datetime import date
from decimal import Decimal
from typing import get_args

import pytest

from monitor.build import measures, reader
from monitor.config import parse_config
from monitor.config.values import UnitName
from monitor.events.measures import shipped
from monitor.events.quantities import scan
from monitor.events.quantities.words import MONEY, UNITS
from storage.errors import ConfigError

FERRIES = """
[[measures]]
name = "ferries"
conflict_days = 5
growth = "monotone"
en = { head = "ferries", near = "harbour" }
facets = [{ name = "new", en = "new" }]
"""


def test_a_configured_measure_is_found_with_its_facet() -> None:
    found = measures(parse_config(FERRIES))
    (quantity,) = scan("In the harbour lie 12 new ferries.", "en")
    told = found.of(quantity, "en")
    assert told is not None
    assert (told.measure.name, told.facet, told.value) == ("ferries", "new", Decimal(12))
    assert (told.measure.growth, told.measure.conflict_days) == ("monotone", 5)


def test_without_it_the_figure_is_none_that_is_known() -> None:
    (quantity,) = scan("In the harbour lie 12 new ferries.", "en")
    assert measures(parse_config("")).of(quantity, "en") is None


def test_a_configured_measure_reaches_the_claims_of_an_item() -> None:
    text = "In the harbour lie 12 new ferries."
    said = reader(parse_config(FERRIES)).extractor.read("The harbour", text, "en", date(2026, 3, 1))
    assert [(claim.measure, claim.facet, claim.value) for claim in said.claims] == [("ferries", "new", "12")]
    assert reader(parse_config("")).extractor.read("The harbour", text, "en", date(2026, 3, 1)).claims == ()


def test_words_that_must_stand_near_are_asked_for() -> None:
    (quantity,) = scan("There are 12 new ferries.", "en")
    assert measures(parse_config(FERRIES)).of(quantity, "en") is None


def test_a_pattern_that_is_none_is_a_problem_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match="measures"):
        parse_config('[[measures]]\nname = "x"\nen = { head = "(" }\n')


def test_the_units_that_may_be_configured_are_those_that_are_read() -> None:
    read = {unit for unit, _ in UNITS if unit not in MONEY} | {"count", "money"}
    assert set(get_args(UnitName)) == read
    assert {one.unit for one in shipped()} <= read
