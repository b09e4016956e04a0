"""Figures in texts of three languages: the value, how sure it is, its unit, and what is counted."""

from datetime import date
from decimal import Decimal

import pytest

from monitor.events.dates import scan as scan_dates
from monitor.events.quantities import Quantity, interval, scan


def only(text: str, lang: str = "en") -> Quantity:
    (found,) = scan(text, lang)
    return found


READ = [
    ("en", "nearly 2,500 delegates came", "2500", "nearly", "count", "delegates"),
    ("en", "some 2,000 delegates from there", "2000", "about", "count", "delegates"),
    ("en", "over 300 youth representatives", "300", "over", "count", "representatives"),
    ("en", "at least 12 sports events", "12", "at least", "count", "events"),
    ("en", "no fewer than 40 towns", "40", "at least", "count", "towns"),
    ("en", "no more than 40 towns", "40", "up to", "count", "towns"),
    ("en", "1,000+ pledges", "1000", "over", "count", "pledges"),
    ("en", "two new ferries", "2", "exact", "count", "ferries"),
    ("en", "the 2.6 billion people who lack it", "2600000000", "exact", "count", "people"),
    ("en", "a 380 km line", "380", "exact", "km", "line"),
    ("en", "around 400 terabits per second", "400", "about", "Tbit/s", ""),
    ("en", "approximately $80 billion in grants", "80000000000", "about", "USD", ""),
    ("en", "more than €306 billion for roads", "306000000000", "over", "EUR", ""),
    ("en", "5 million manats were spent", "5000000", "exact", "AZN", ""),
    ("en", "more than 65% of the population", "65", "over", "%", "population"),
    ("en", "100 percent broadband coverage", "100", "exact", "%", "coverage"),
    ("en", "a two-year project", "2", "exact", "years", "project"),
    ("en", "In 2000 villages", "2000", "exact", "count", "villages"),
    ("az", "2 min 431 nəfər gəlib", "2431", "exact", "count", "nefer"),
    ("az", "20 mindən çox istifadəçi", "20000", "over", "count", "istifadeci"),
    ("az", "200-ə yaxın şirkət", "200", "nearly", "count", "sirket"),
    ("az", "təxminən 40 ölkə", "40", "about", "count", "olke"),
    ("az", "ən azı otuz layihə", "30", "at least", "count", "layihe"),
    ("az", "380 km-lik xətt", "380", "exact", "km", "xett"),
    ("az", "3,6 milyon manat", "3600000", "exact", "AZN", ""),
    ("az", "əhalinin 98%-i", "98", "exact", "%", "ehali"),
    ("az", "əhalinin 65 faizi", "65", "exact", "%", "ehali"),
    ("az", "yeddi ölkə", "7", "exact", "count", "olke"),
    ("ru", "более 2,5 тыс. делегатов", "2500", "over", "count", "делегатов"),
    ("ru", "около 60 министров", "60", "about", "count", "министров"),
    ("ru", "3,6 млн жителей", "3600000", "exact", "count", "жителей"),
    ("ru", "1 200 обязательств", "1200", "exact", "count", "обязательств"),
    ("ru", "не менее 300 молодых специалистов", "300", "at least", "count", "специалистов"),
    ("ru", "свыше $80 млрд", "80000000000", "over", "USD", ""),
    ("ru", "до 400 Тбит/с", "400", "up to", "Tbit/s", ""),
    ("ru", "почти 100 процентов домохозяйств", "100", "nearly", "%", "домохозяйств"),
    ("en", "three time zones", "3", "exact", "count", "zones"),
    ("az", "iki müqavilə", "2", "exact", "count", "muqavile"),
    ("ru", "три разовых договора", "3", "exact", "count", "договора"),
    ("en", "twenty-five ministers", "25", "exact", "count", "ministers"),
    ("en", "two hundred and fifty experts", "250", "exact", "count", "experts"),
    ("en", "the number of subscribers rose to 2.3 million", "2300000", "exact", "count", "subscribers"),
    ("ru", "число абонентов выросло до 3,6 млн", "3600000", "exact", "count", "абонентов"),
    ("ru", "число абонентов будет увеличено до 3,6 млн", "3600000", "exact", "count", "абонентов"),
    ("ru", "стоимость снизилась за год до 80 млн долларов", "80000000", "exact", "USD", ""),
    ("ru", "число абонентов достигло 3,6 млн", "3600000", "exact", "count", "абонентов"),
    ("ru", "довести число абонентов до 5 млн", "5000000", "exact", "count", "абонентов"),
    ("ru", "сеть выросла, она обслуживает до 5 млн абонентов", "5000000", "up to", "count", "абонентов"),
    ("ru", "скидки для детей в возрасте до 12 лет", "12", "up to", "years", ""),
    ("az", "abunəçilərin sayı 3,6 milyona çatıb", "3600000", "exact", "count", "abuneciler"),
    ("az", "abunəçilərin sayı 3,6 milyona qədər yüksəlib", "3600000", "exact", "count", "abuneciler"),
    ("az", "abunəçilərin sayı 500-dək artırılacaq", "500", "exact", "count", "abuneciler"),
    ("az", "3,6 milyona qədər abunəçi", "3600000", "up to", "count", "abuneci"),
    (
        "en",
        "the number of subscribers of the new network grew to 4 million",
        "4000000",
        "exact",
        "count",
        "subscribers",
    ),
    ("en", "increased to up to 4 million users", "4000000", "up to", "count", "users"),
    ("az", "iyirmi beş nazir", "25", "exact", "count", "nazir"),
    ("az", "Abunəçilərin sayı 2,3 milyonu ötüb", "2300000", "over", "count", "abuneciler"),
    ("ru", "двадцать пять делегаций", "25", "exact", "count", "делегаций"),
    ("ru", "число абонентов превысило 2,3 миллиона", "2300000", "over", "count", "абонентов"),
    ("ru", "семь стран", "7", "exact", "count", "стран"),
]
NOTHING = [
    ("en", "5G, COP29, XXX-25, 3-4G and A4 paper"),
    ("en", "Study Group 2 read Resolution 169, Article 5 and page 12, No. 7"),
    ("en", "at 19:02 (UTC +04:00) on 17 November 2025, and on May 5"),
    ("en", "in 2025, since 2019 and by 2030"),
    ("en", "the 12th edition and the 1990s"),
    ("en", "1 in 4 homes lacks it"),
    ("en", "one of the ten most dynamic countries"),
    ("en", "call +994 12 493 00 57"),
    ("en", "MENAFN18112025000195011045ID1110359740"),
    ("en", "123456789012345678901234567890"),
    ("az", "5-ci maddə, 2026-cı il, 12 noyabr, noyabrın 17-də"),
    ("ru", "статья 5, 3-й этап, в 2025 году, 12 ноября, № 7"),
    ("en", "three times the agreements of last year"),
    ("en", "a five-time champion of 10-15 times the others"),
    ("az", "İki dəfə müqavilə imzalanıb, 3 dəfədən çox müqavilə, on iki dəfə müqavilə"),
    ("ru", "3 раза договоры, два раза договоры, 2-3 раза договоры, пять раз договоры"),
    ("fr", "deux cents 200 personnes"),
]


@pytest.mark.parametrize(("lang", "text", "value", "qualifier", "unit", "head"), READ)
def test_a_figure_is_read_whole(lang: str, text: str, value: str, qualifier: str, unit: str, head: str) -> None:
    found = only(text, lang)
    assert (found.value, found.qualifier, found.unit) == (Decimal(value), qualifier, unit)
    assert found.head == head
    assert text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    ("lang", "text", "old", "new", "unit"),
    [
        ("en", "the number of users grew from 3 million to 3.6 million", "3000000", "3600000", "count"),
        ("en", "the number of users rises from 3 to 3.6 million", "3000000", "3600000", "count"),
        ("en", "users rose from nearly 3 million in 2024 to more than 3.6 million", "3000000", "3600000", "count"),
        ("en", "rose to 3.6 million users from 3 million a year earlier", "3000000", "3600000", "count"),
        ("en", "users fell from 3.6 million two years ago to 3 million", "3600000", "3000000", "count"),
        ("en", "it went from 800,000 users to 1.2 million", "800000", "1200000", "count"),
        ("en", "the cost climbed from $120 million to $135 million", "120000000", "135000000", "USD"),
        ("en", "the cost dropped from 135 to 120 million dollars", "135000000", "120000000", "USD"),
        ("en", "coverage rose from 80 to 91 percent", "80", "91", "%"),
        ("az", "istifadəçilərin sayı 3 milyondan 3,6 milyona yüksəlib", "3000000", "3600000", "count"),
        ("az", "istifadəçilərin sayı 3-dən 3,6 milyona çatıb", "3000000", "3600000", "count"),
        ("az", "3,6 milyon istifadəçidən 3 milyon istifadəçiyə düşüb", "3600000", "3000000", "count"),
        ("az", "dəyəri 120-dən 135 milyon manata qalxıb", "120000000", "135000000", "AZN"),
        ("az", "əhatə 80 faizdən 91 faizə qədər artırılacaq", "80", "91", "%"),
        ("ru", "число абонентов выросло с 3 млн до 3,6 млн", "3000000", "3600000", "count"),
        ("ru", "число абонентов выросло с 3 до 3,6 миллиона", "3000000", "3600000", "count"),
        ("ru", "с 3 млн. абонентов сеть выросла до 3,6 млн.", "3000000", "3600000", "count"),
        ("ru", "стоимость сократилась со 135 до 120 млн долларов", "135000000", "120000000", "USD"),
        ("ru", "длина увеличена от 380 до 420 км", "380", "420", "km"),
        ("ru", "число абонентов поднялось до 3,6 млн с 3 млн", "3000000", "3600000", "count"),
    ],
)
def test_what_grew_or_fell_has_a_value_before(lang: str, text: str, old: str, new: str, unit: str) -> None:
    found = [one for one in scan(text, lang) if one.unit not in {"years", "months"}]
    by_age = {"before" in one.flags: one for one in found}
    assert len(found) == len(by_age) == 2
    assert (by_age[True].value, by_age[False].value) == (Decimal(old), Decimal(new))
    assert {one.unit for one in found} == {unit}
    assert "up to" not in {one.qualifier for one in found}


def test_the_value_before_stands_alone_where_the_new_one_is_not_said() -> None:
    (found,) = scan("the number of users has grown steadily from 3 million", "en")
    assert "before" in found.flags
    (up,) = scan("membership is up from 193 states", "en")
    assert "before" in up.flags
    (drawn,) = scan("attendance grew as it drew delegates from 40 countries", "en")
    assert "before" not in drawn.flags


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "tickets for from 3 to 5 million dollars"),
        ("en", "it costs from 3 million to 5 million dollars"),
        ("ru", "от 3 до 5 миллионов долларов"),
        ("ru", "стоит от 3 млн до 5 млн долларов"),
    ],
)
def test_from_and_to_without_a_verb_of_change_are_a_range(lang: str, text: str) -> None:
    found = scan(text, lang)
    assert {(one.value, one.lo, one.hi) for one in found} == {(None, Decimal(3_000_000), Decimal(5_000_000))}
    assert {one.qualifier for one in found} == {"range"}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "the forum grew to 1,650 delegates from 40 countries"),
        ("en", "it increased flights from 3 cities to 5 countries"),
        ("az", "3 milyondan çox istifadəçi 4 milyon manata çatıb"),
        ("ru", "число делегатов выросло до 1650 из 40 стран"),
    ],
)
def test_two_figures_of_different_things_are_not_one_that_changed(lang: str, text: str) -> None:
    assert [one.flags & {"before"} for one in scan(text, lang)] == [frozenset(), frozenset()]


@pytest.mark.parametrize(("lang", "text"), NOTHING)
def test_what_names_or_dates_something_counts_nothing(lang: str, text: str) -> None:
    assert scan(text, lang) == []


@pytest.mark.parametrize(
    ("qualifier", "value", "lo", "hi"),
    [
        ("about", "400", "360", "440"),
        ("nearly", "2500", "2250", "2500"),
        ("over", "300", "300", "375"),
        ("at least", "300", "300", None),
        ("up to", "400", "0", "400"),
        ("exact", "380", "375", "385"),
        ("exact", "2000", "1960", "2040"),
        ("exact", "193", "193", "193"),
        ("exact", "2.5", "2.5", "2.5"),
    ],
)
def test_a_qualifier_is_an_interval(qualifier: str, value: str, lo: str, hi: str | None) -> None:
    assert interval(Decimal(value), qualifier, "count") == (Decimal(lo), Decimal(hi) if hi else None)


def test_a_percentage_is_never_taken_for_rounded() -> None:
    assert interval(Decimal(90), "exact", "%") == (Decimal(90), Decimal(90))


def test_thousands_with_a_stop_may_be_a_decimal_and_are_marked() -> None:
    people = only("2.500 people came")
    assert (people.value, people.flags) == (Decimal(2500), frozenset({"ambiguous"}))
    length = only("2.500 km of road")
    assert (length.value, length.flags) == (Decimal("2.5"), frozenset())


def test_a_range_has_bounds_and_no_value() -> None:
    for text in ("10-15 countries", "between 10 and 15 countries"):
        found = only(text)
        assert (found.value, found.lo, found.hi, found.qualifier) == (None, Decimal(10), Decimal(15), "range")


def test_dozens_are_vague() -> None:
    found = only("dozens of systems")
    assert (found.value, found.lo, found.hi, found.qualifier) == (None, Decimal(24), Decimal(99), "vague")


def test_the_days_of_a_date_are_left_out() -> None:
    text = "Within two months, 300 people will come"
    dates = scan_dates(text, "en", date(2025, 11, 18))
    assert len(dates) == 1
    assert [one.value for one in scan(text, "en", dates)] == [Decimal(300)]
    assert [one.value for one in scan(text, "en")] == [Decimal(2), Decimal(300)]


ROWS = {
    "en": "one two three four five six seven eight nine ten eleven twelve "
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "az": "bir iki üç dörd beş altı yeddi səkkiz doqquz on",
    "ru": "один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать "
    "тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать",
}
TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "az": "iyirmi otuz qırx əlli altmış yetmiş səksən doxsan",
    "ru": "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
}
COUNTED = {"en": "towns", "az": "şəhər", "ru": "городов"}


def worth(words: str, lang: str) -> Decimal | None:
    return only(f"{words} {COUNTED[lang]}", lang).value


@pytest.mark.parametrize("lang", ROWS)
def test_each_number_word_is_worth_its_place_in_the_row(lang: str) -> None:
    row, tens = ROWS[lang].split(), TENS[lang].split()
    assert [worth(word, lang) for word in row[1:]] == list(range(2, len(row) + 1))
    assert [worth(word, lang) for word in tens] == [10 * (2 + place) for place in range(len(tens))]
    for place, word in enumerate(row[:9], start=1):
        assert [worth(f"{ten} {word}", lang) for ten in tens] == [10 * n + place for n in range(2, len(tens) + 2)]


def test_azerbaijani_ten_and_a_figure_are_one_number() -> None:
    row = ROWS["az"].split()[:9]
    assert [worth(f"on {word}", "az") for word in row] == list(range(11, 20))
    assert [worth(f"yüz on {word}", "az") for word in row] == list(range(111, 120))
    assert [worth(f"{word} yüz", "az") for word in row[1:]] == list(range(200, 1000, 100))
    assert scan("bir şəhər", "az") == []


def test_every_form_of_a_number_word_is_worth_what_its_language_says() -> None:
    cases = {"две": 2, "двух": 2, "тремя": 3, "четырех": 4, "пяти": 5, "десяти": 10, "двенадцати": 12, "сорока": 40}
    row = ["сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот"]
    hundreds = {word: 100 * place for place, word in enumerate(row, start=1)} | {"ста": 100, "сто шестнадцать": 116}
    assert {word: worth(word, "ru") for word in cases | hundreds} == cases | hundreds
    english = {
        "fifteen": 15,
        "a dozen": 12,
        "two dozen": 24,
        "a hundred": 100,
        "two hundred": 200,
        "two hundred and sixteen": 216,
    }
    assert {word: worth(word, "en") for word in english} == english
