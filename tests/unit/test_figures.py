"""Which figures of a sentence are compared, about whom, and why the others are not."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from monitor.events import statements
from monitor.events.clauses import split
from monitor.events.cues import Cues
from monitor.events.dates import Dates
from monitor.events.figures import Reading, figures
from monitor.events.measures import Measure, Measures, Words, shipped, shipped_measures
from monitor.events.subjects import Subject, Subjects
from monitor.words import spaced
from storage.model import Claim, ClaimKind, JsonValue, Modality

SUBJECTS = (
    Subject(id="forum-24", kind="conference", edition="2024", aliases=("Coast Forum 2024",)),
    Subject(id="forum-27", kind="conference", edition="2027", aliases=("Coast Forum 2027", "Sahil Forumu 2027")),
    Subject(id="bank", kind="body", aliases=("Harbour Bank",)),
    Subject(id="net", aliases=("River Network", "Çay şəbəkəsi", "Речная сеть")),
    Subject(id="cable", kind="cable", aliases=("Lake Cable",)),
    Subject(id="line", kind="cable", aliases=("Moor Line",)),
    Subject(id="ruritania", kind="country", aliases=("Ruritania", "Ruritaniya", "Руритания")),
    Subject(id="pact", kind="coalition", aliases=("Open Water Pact",)),
)
FORUM = ("forum-27", "participants")
DAY = date(2027, 6, 14)


def read(
    text: str, lang: str = "en", *, measures: Measures | None = None, published: date | None = DAY
) -> tuple[list[Claim], list[JsonValue]]:
    whole = f"\n{text}"  # without a headline
    reading = Reading(
        text=whole,
        lang=lang,
        published=published,
        named=Subjects.compile(SUBJECTS).find(spaced(whole)),
        measures=measures or shipped_measures(),
        subjects={one.id: one for one in SUBJECTS},
    )
    claims: list[Claim] = []
    mentions: list[JsonValue] = []
    for sentence in split("", text, Cues(whole, lang, Subjects.compile(SUBJECTS))):
        found, left = figures(sentence, Dates(sentence.text, lang, published), reading)
        claims, mentions = claims + found, mentions + left
    return claims, mentions


def said(text: str, lang: str = "en") -> list[tuple[str, str, str, str, str]]:
    return [(one.subject, one.measure, one.facet, one.value, one.unit) for one in read(text, lang)[0]]


def reasons(text: str, lang: str = "en") -> list[object]:
    claims, mentions = read(text, lang)
    assert claims == []
    return [one["reason"] for one in mentions if isinstance(one, dict)]


@pytest.mark.parametrize(
    ("lang", "text", "wanted"),
    [
        ("en", "The Coast Forum 2027 was attended by 1,650 participants.", (*FORUM, "attended", "1650")),
        ("en", "Some 1,400 participants have registered for the Coast Forum 2027.", (*FORUM, "registered", "1400")),
        ("az", "Sahil Forumu 2027-də 1200 iştirakçı gözlənilir.", (*FORUM, "expected", "1200")),
        ("en", "The River Network covers 91 percent of households.", ("net", "coverage", "households", "91")),
        ("az", "Çay şəbəkəsi ev təsərrüfatlarının 96 faizini əhatə edir.", ("net", "coverage", "households", "96")),
        ("ru", "Речная сеть охватывает почти 100 процентов домохозяйств.", ("net", "coverage", "households", "100")),
        ("en", "The Lake Cable is 380 km long.", ("cable", "length", "", "380")),
        ("en", "The Lake Cable will carry 400 Gbit/s.", ("cable", "capacity", "", "0.4")),
        ("en", "About 2.6 billion people remain offline worldwide.", ("world", "people offline", "", "2600000000")),
    ],
)  # fmt: skip
def test_a_figure_becomes_a_claim_of_its_subject(lang: str, text: str, wanted: tuple[str, ...]) -> None:
    assert [one[:4] for one in said(text, lang)] == [wanted]


def test_a_claim_carries_its_interval_its_words_and_its_day() -> None:
    (claim,) = read("The River Network covers nearly 100 percent of households.")[0]
    assert (claim.lo, claim.hi, claim.precision) == (Decimal(90), Decimal(100), "nearly")
    assert (claim.as_of, claim.as_of_how) == (DAY, "published")
    assert claim.quote.startswith("The River Network")
    assert claim.growth == "level"


def test_a_forecast_is_no_report() -> None:
    (claim,) = read("The Lake Cable will be 380 km long.")[0]
    assert claim.modality is Modality.PLANNED
    (told,) = read("The Lake Cable is 380 km long.")[0]
    assert told.modality is Modality.REPORTED


def test_a_date_in_the_clause_dates_the_figure() -> None:
    (claim,) = read("In 2024 the River Network covered 60 percent of households.")[0]
    assert claim.as_of == date(2024, 12, 31)


def test_a_figure_of_another_edition_is_not_compared() -> None:
    (reason,) = reasons("The Coast Forum 2027 was attended, in 2024, by 910 participants.")
    assert reason == "a figure of 2024, not of the edition of 2027"


def test_an_undated_text_gives_claims_without_a_day() -> None:
    (claim,) = read("The Lake Cable is 380 km long.", published=None)[0]
    assert claim.as_of is None


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The number of users of the River Network grew from 3 million to 3.6 million."),
        ("en", "The number of River Network users rose to 3.6 million from 3 million a year earlier."),
        ("en", "The River Network has 3.6 million users, up from 3 million."),
        ("az", "Çay şəbəkəsinin istifadəçilərinin sayı 3-dən 3,6 milyona çatıb."),
        ("ru", "Речная сеть: число пользователей выросло с 3 млн до 3,6 млн."),
    ],
)
def test_of_a_figure_that_grew_the_new_value_is_claimed(lang: str, text: str) -> None:
    claims, mentions = read(text, lang)
    assert [(one.subject, one.measure, one.value, one.precision) for one in claims] == [
        ("net", "users", "3600000", "exact")
    ]
    assert [(one["value"], one["reason"]) for one in mentions if isinstance(one, dict)] == [
        ("3000000", "the value before")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "River Network users rose to 3.6 million.",
        "The River Network's users have now reached 3.6 million.",
        "Users of the River Network grew from 3 million to 3.6 million.",
    ],
)
def test_what_came_to_a_figure_is_counted_by_it(text: str) -> None:
    assert [(one.subject, one.measure, one.value) for one in read(text)[0]] == [("net", "users", "3600000")]


def test_what_stands_before_another_verb_is_not_counted() -> None:
    assert read("River Network users paid 3.6 million.")[0] == []
    assert read("River Network users saw fees that rose to 3.6 million.")[0] == []


def test_a_date_beside_the_value_before_dates_that_one() -> None:
    text = "The number of users of the River Network grew from 3 million in 2024 to 3.6 million."
    assert [one.as_of for one in read(text)[0]] == [DAY]
    text = "In 2024 the number of users of the River Network grew from 3 million to 3.6 million."
    assert [one.as_of for one in read(text)[0]] == [date(2024, 12, 31)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The Coast Forum 2027 drew 900 mayors, firms and clubs.", "an enumeration: it counts several things together"),
        ("The Coast Forum 2027 drew dozens of participants.", "vague: never compared"),
        ("The Coast Forum 2027 drew 10-15 participants.", "range: never compared"),
        ("The Coast Forum 2027 drew 2.500 participants.", "thousands or a decimal: the number may be read in two ways"),
        ("The Coast Forum 2027 drew 40 gulls.", "no known measure"),
        ("Lake Cable, Moor Line: 380 km long.", "subject ambiguous: two names within 20 characters"),
    ],
)
def test_what_may_mean_two_things_stays_a_mention(text: str, reason: str) -> None:
    assert reasons(text) == [reason]


def test_an_institution_has_no_participants() -> None:
    text = "The River Network grows. Rain fell. The Harbour Bank met 300 participants."
    assert reasons(text) == ["the text names subjects, this sentence none of them"]


@pytest.mark.parametrize(
    "text",
    [
        "It rained. It snowed. River Network data show 91 percent of households covered.",
        "It rained. It snowed. They cover 91 percent of households, said the head of the River Network.",
    ],
)
def test_who_tells_a_figure_is_not_what_it_is_about(text: str) -> None:
    assert reasons(text) == ["no declared subject, and too far down to be about the event itself"]


def test_without_a_subject_only_the_beginning_speaks_of_the_event() -> None:
    text = "The hall was full. It drew 300 participants. It rained. It drew 400 participants."
    claims, mentions = read(text)
    assert [(one.subject, one.value) for one in claims] == [("", "300")]
    assert len(mentions) == 1


def test_each_of_two_figures_has_the_words_of_its_own_clause() -> None:
    found = said("Worldwide 6 billion people use the internet while 2.2 billion people remain offline.")
    assert [(measure, value) for _, measure, _, value, _ in found] == [
        ("people online", "6000000000"),
        ("people offline", "2200000000"),
    ]


def test_a_measure_of_ones_own_goes_before_the_shipped_ones() -> None:
    own = Measure(name="gulls", words={"en": Words(head="gulls")})
    claims, _ = read("The Coast Forum 2027 drew 40 gulls.", measures=Measures.compile([own]))
    assert [(one.measure, one.value) for one in claims] == [("gulls", "40")]
    length = Measure(name="length", unit="km", words={"en": Words(near="wingspan")})
    claims, _ = read("The Lake Cable is 380 km long.", measures=Measures.compile([length]))
    assert claims == []


def test_every_shipped_measure_speaks_three_languages() -> None:
    measures: Sequence[Measure] = shipped()
    assert len(measures) > 30
    assert [one.name for one in measures if set(one.words) != {"en", "az", "ru"}] == []
    assert len({one.name for one in measures}) == len(measures)
    assert {one.growth for one in measures} <= {"monotone", "level", "volatile"}


@pytest.mark.parametrize(
    ("lang", "text", "facet"),
    [
        ("en", "Registration for the Coast Forum 2027 closes: 2,400 delegates.", "registered"),
        ("az", "Sahil Forumu 2027: qeydiyyat başa çatıb, siyahıda 2 400 iştirakçı var.", "registered"),
        ("en", "There were 2,640 delegates at the Coast Forum 2027.", "attended"),
        ("az", "Sahil Forumu 2027 konfransında 2 640 nəfər olub, hamısı qonaq.", "attended"),
        ("en", "The Coast Forum 2027 has 2,640 delegates.", ""),
    ],
)
def test_those_on_a_list_and_those_who_came_are_told_apart(lang: str, text: str, facet: str) -> None:
    (claim,) = read(text, lang)[0]
    assert (claim.measure, claim.facet) == ("participants", facet)


def test_countries_on_a_list_and_countries_that_came_are_told_apart() -> None:
    registered = read("Delegates from 148 countries registered for the Coast Forum 2027.")[0]
    came = read("Delegates from 152 countries took part in the Coast Forum 2027.")[0]
    assert [(one.facet, one.value) for one in (*registered, *came)] == [("registered", "148"), ("attended", "152")]


def test_a_country_has_coverage_and_no_cost() -> None:
    assert said("Ruritania provides 100% broadband coverage of its territory.") == [
        ("ruritania", "coverage", "territory", "100", "%")
    ]
    assert said("In Ruritania the Lake Cable costs $5 million.") == [("cable", "cost", "", "5000000", "USD")]


def test_what_is_called_by_its_kind_is_what_was_named_before() -> None:
    told = "Ruritania builds. Nobody counts. More than 65% of the population of the country uses a digital ID."
    assert said(told) == [("ruritania", "digital identity", "", "65", "%")]
    raised = "The Open Water Pact met at the pier. It rained. The coalition has mobilised about $80 million."
    assert said(raised) == [("pact", "funds mobilised", "", "80000000", "USD")]
    assert said("Nobody met. It rained. The coalition has mobilised about $80 million.") == []


def test_a_country_that_was_named_long_ago_is_not_the_one_that_is_meant() -> None:
    between = "The ferries of the bay carry fish, wine and tourists. " * 10
    assert said(f"Ruritania builds. {between}More than 65% of the population of the country uses a digital ID.") == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Ruritania is close to providing 100 percent broadband coverage of its territory."),
        ("en", "Ruritania is nearing 100 percent broadband coverage of its territory."),
        ("ru", "Руритания близка к 100 процентам покрытия территории широкополосной связью."),
    ],
)
def test_what_is_neared_is_not_there(lang: str, text: str) -> None:
    (claim,) = read(text, lang)[0]
    assert (claim.measure, claim.precision, claim.value) == ("coverage", "nearly", "100")


def test_all_homes_and_the_whole_country_are_two_things() -> None:
    text = (
        "Nearly all households in Ruritania have fibre, and it is close to 100 percent broadband coverage nationwide."
    )
    assert [one[2] for one in said(text)] == ["territory"]


def test_what_stands_before_the_name_is_of_something_else() -> None:
    assert said("The pier costs $5 million. The Lake Cable has nothing to do with it.") == []
    assert said("The Lake Cable is old. The pier is new, and the line costs $5 million.") == [
        ("cable", "cost", "", "5000000", "USD")
    ]


def test_a_sentence_goes_on_about_the_country_of_the_one_before_where_it_names_nobody_else() -> None:
    first = "In Ruritania 91 percent of households have access to broadband. "
    assert said(first + "Mobile coverage is 100 percent, and mobile calls are cheap.")[1:] == [
        ("ruritania", "mobile coverage", "", "100", "%")
    ]
    assert said(first + "In Freedonia mobile coverage is 100 percent.")[1:] == []
    assert said(first + "Rain fell. Mobile coverage is 100 percent, and mobile calls are cheap.")[1:] == []


def test_coverage_of_one_technology_is_not_compared_with_that_of_another() -> None:
    text = "The River Network covers 91 percent of households. The River Network covers 40 percent of them with 5G."
    assert [one[1] for one in said(text)] == ["coverage", "5G coverage"]
    assert [one[1] for one in said("Речная сеть: покрытие 4G достигло 98 процентов.", "ru")] == ["4G coverage"]
    assert [one[1] for one in said("Çay şəbəkəsi: 5G ilə əhatə 12 faizdir.", "az")] == ["5G coverage"]


def headed(title: str, text: str = "", lang: str = "en") -> list[tuple[str, Modality]]:
    found = statements.read(title, text, lang, DAY, Subjects.compile(SUBJECTS), shipped_measures())
    return [(one.value, one.modality) for one in found.claims if one.kind is ClaimKind.QUANTITY]


@pytest.mark.parametrize(
    ("lang", "title", "value"),
    [
        ("en", "Festival to host 250 participants", "250"),
        ("en", "Operator to lay 400 km of cable", "400"),
        ("en", "River Network to have 3 million users by 2028", "3000000"),
        ("en", "Operator promises to complete 300 base stations", "300"),
        ("en", "Operator vowed to build 300 base stations", "300"),
        ("en", "Operator to build network of 300 base stations", "300"),
        ("ru", "Оператор обязуется построить 300 станций", "300"),
        ("ru", "Оператор обещал построить 300 станций", "300"),
        ("az", "Operator 300 stansiya quraşdırmağı vəd edir", "300"),
    ],
)
def test_what_a_headline_promises_is_not_there_yet(lang: str, title: str, value: str) -> None:
    assert headed(title, lang=lang) == [(value, Modality.PLANNED)]


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "Festival hosts 250 participants"),
        ("en", "Festival grows to 250 participants"),
        ("en", "Campaign to connect villages reaches 250 stations"),
        ("en", "Operator continues to serve 250 users"),
        ("ru", "Оператор построил 250 станций"),
        ("az", "Operator 250 stansiya quraşdırıb"),
    ],
)
def test_what_a_headline_counts_is_there(lang: str, title: str) -> None:
    assert headed(title, lang=lang) == [("250", Modality.REPORTED)]


def test_a_text_that_tells_a_figure_as_a_plan_and_as_a_fact_tells_a_plan() -> None:
    assert headed("Operator lays 400 km of cable", "It was wet.") == [("400", Modality.REPORTED)]
    assert headed("Operator lays 400 km of cable", "The operator promises to lay 400 km of cable.") == [
        ("400", Modality.PLANNED)
    ]
    assert headed("Operator to lay 400 km of cable", "The operator lays 400 km of cable.") == [
        ("400", Modality.PLANNED)
    ]


COSTS = {
    "en": "The Lake Cable was laid in March. Rain fell. Boats waited. The cost of the project is 120 million dollars. "
    "The crew sang. The cost has risen to 135 million dollars. Gulls flew. The cost was 140 million dollars.",
    "az": "Çay şəbəkəsi işləyir. Yağış yağdı. Qayıqlar gözlədi. Layihənin dəyəri 120 milyon manatdır. Yağış yağdı. "
    "Dəyəri 140 milyon manat olub. Yağış yağdı. İstifadəçilərin sayı 3-dən 4 milyona çatıb.",
    "ru": "Речная сеть работает. Шёл дождь. Лодки ждали. Стоимость проекта составила 120 млн долларов. Шёл дождь. "
    "Стоимость выросла до 140 млн долларов. Шёл дождь. Число пользователей выросло с 3 до 4 млн.",
}


@pytest.mark.parametrize(
    ("lang", "values"),
    [
        ("en", ["120000000", "135000000", "140000000"]),
        ("az", ["120000000", "140000000", "4000000"]),
        ("ru", ["120000000", "140000000", "4000000"]),
    ],
)
def test_a_figure_that_does_not_say_whose_is_of_the_only_subject(lang: str, values: list[str]) -> None:
    claims = read(COSTS[lang], lang)[0]
    assert [one.value for one in claims] == values
    assert {one.subject for one in claims} == {"cable" if lang == "en" else "net"}


@pytest.mark.parametrize(
    "text",
    [
        "The Lake Cable was laid. Rain fell. Boats waited. The cost of the storm was 140 million dollars.",
        "The Lake Cable was laid. Rain fell. The firm opened Gull Tower. The cost was 140 million dollars.",
        "The Lake Cable was laid. The Moor Line too. Boats waited. The cost was 140 million dollars.",
        "The Lake Cable was laid. Rain fell. Boats waited. The cost was 140 million dollars for Gull Tower.",
    ],
)
def test_a_figure_may_be_of_whoever_else_was_named_since(text: str) -> None:
    alone = "The Lake Cable was laid. Rain fell. Boats waited. The cost was 140 million dollars."
    assert [one[0] for one in said(alone)] == ["cable"]
    assert reasons(text) == ["the text names subjects, this sentence none of them"]


@pytest.mark.parametrize(
    ("lang", "text", "values"),
    [
        ("en", "Coverage of households by the River Network rose from 80 to 91 percent.", ["91"]),
        ("en", "Coverage of households by the River Network rose to 91 percent.", ["91"]),
        ("en", "Coverage of households by the River Network rose 11 percent.", []),
        ("az", "Çay şəbəkəsinin əhatəsi 80 faizdən 91 faizə artıb.", ["91"]),
        ("az", "Çay şəbəkəsinin əhatəsi 11 faiz artıb.", []),
        ("ru", "Речная сеть: охват домохозяйств вырос с 80 до 91 процента.", ["91"]),
        ("ru", "Речная сеть: охват домохозяйств вырос на 11 процентов.", []),
    ],
)
def test_coverage_that_rose_to_a_level_is_that_level_and_by_how_much_is_none(
    lang: str, text: str, values: list[str]
) -> None:
    assert [one[3] for one in said(text, lang)] == values
