"""What a text claims of dates and states: which verb, which thing, which tense, in three languages."""

from datetime import date

import pytest

from monitor.events.measures import shipped_measures
from monitor.events.reading import Extractor
from monitor.events.statements import Statements, read
from monitor.events.subjects import Subject, Subjects
from monitor.events.wording import spoken
from storage.model import Claim, ClaimKind, Modality

PUBLISHED = date(2025, 11, 18)
SUBJECTS = Subjects.compile(
    [
        Subject(id="bridge", aliases=("Silent Bridge", "Sakit körpü", "Тихий мост")),
        Subject(id="forum", kind="conference", aliases=("Coast Forum", "Sahil Forumu", "Береговой форум")),
    ]
)


def stated(text: str, lang: str = "en", *, title: str = "", published: date | None = PUBLISHED) -> Statements:
    return read(title, text, lang, published, SUBJECTS, shipped_measures())


def dates(text: str, lang: str = "en") -> list[tuple[str, str, str]]:
    found = [one for one in stated(text, lang).claims if one.kind is ClaimKind.DATE]
    return [(f"{one.subject}|{one.measure}", spoken(one), one.modality.value) for one in found]


def states(text: str, lang: str = "en", title: str = "") -> list[tuple[str, str]]:
    found = [one for one in stated(text, lang, title=title).claims if one.kind is ClaimKind.STATUS]
    return [(f"{one.subject}|{one.facet}", one.value) for one in found if one.modality is not Modality.DENIED]


@pytest.mark.parametrize(
    ("lang", "text", "found"),
    [
        ("en", "The Silent Bridge will open on 5 May 2026.", ("bridge|.start", "5 May 2026", "planned")),
        ("en", "The Silent Bridge was opened on 5 May 2025.", ("bridge|.start", "5 May 2025", "done")),
        ("en", "The Silent Bridge is to be completed by the end of 2026.", ("bridge|.end", "end of 2026", "planned")),
        (
            "en",
            "A survey for the Silent Bridge was completed in March 2025.",
            ("bridge|survey.end", "March 2025", "done"),
        ),
        ("en", "The Coast Forum will be held in May 2026.", ("forum|.hold", "May 2026", "planned")),
        ("az", "Sakit körpü 2026-cı ilin mayında açılacaq.", ("bridge|.start", "May 2026", "planned")),
        ("az", "Sakit körpü 2025-ci ilin mayında açılıb.", ("bridge|.start", "May 2025", "done")),
        ("az", "Sahil Forumu 2026-cı ilin mayında keçiriləcək.", ("forum|.hold", "May 2026", "planned")),
        ("ru", "Тихий мост откроют в мае 2026 года.", ("bridge|.start", "May 2026", "planned")),
        ("ru", "Тихий мост открыли в мае 2025 года.", ("bridge|.start", "May 2025", "done")),
        ("ru", "Береговой форум состоится в мае 2026 года.", ("forum|.hold", "May 2026", "planned")),
    ],
)
def test_a_date_with_a_phase_verb_is_a_claim(lang: str, text: str, found: tuple[str, str, str]) -> None:
    assert dates(text, lang) == [found]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Once the Silent Bridge has been completed, prices will fall."),
        ("en", "Nobody knows whether the Silent Bridge has been completed."),
        ("en", "If the Silent Bridge was opened, tolls would fall."),
        ("en", "If the Silent Bridge is cancelled, ferries go on."),
        ("en", "When the Silent Bridge has been opened, buses will use it."),
        ("en", "Until the Silent Bridge is opened, ferries will run."),
        ("en", "Before the Silent Bridge is completed, ferries run."),
        ("az", "Əgər Sakit körpü açılıb, bərə lazım deyil."),
        ("ru", "Если Тихий мост открыт, паромы не нужны."),
        ("ru", "Как только Тихий мост открыт, паромы не нужны."),
    ],
)
def test_what_is_only_supposed_is_no_state(lang: str, text: str) -> None:
    assert states(text, lang) == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The Silent Bridge has been completed, once more on time."),
        ("en", "After the Silent Bridge was opened, traffic grew."),
        ("en", "When the Silent Bridge opened, crowds came."),
        ("az", "Sakit körpü açılıb."),
        ("ru", "После того как Тихий мост был открыт, движение выросло."),
    ],
)
def test_what_is_told_beside_it_is_one(lang: str, text: str) -> None:
    assert states(text, lang) == [("bridge|", "done")]


@pytest.mark.parametrize(
    "text",
    [
        "The mayor visited the Silent Bridge on 5 May 2025.",
        "Soldiers opened fire near the Silent Bridge on 5 May 2025.",
        "On 5 May 2025 the Silent Bridge was painted.",
    ],
)
def test_a_date_without_one_is_a_mention_with_its_reason(text: str) -> None:
    assert dates(text) == []
    assert [one["reason"] for one in stated(text).mentions if isinstance(one, dict)] == ["no phase verb in its clause"]


def test_a_conjunct_inherits_what_the_sentence_is_about() -> None:
    text = "Construction of the Silent Bridge is scheduled to start in May 2026 and to be completed by July 2027."
    assert dates(text) == [
        ("bridge|construction.start", "May 2026", "planned"),
        ("bridge|.end", "end of July 2027", "planned"),
    ]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The signing of the contract for the Silent Bridge was moved to 24 November."),
        ("ru", "Подписание контракта на Тихий мост перенесли на 24 ноября."),
    ],
)
def test_what_was_moved_lies_ahead(lang: str, text: str) -> None:
    assert dates(text, lang) == [("bridge|contract.sign", "24 November 2025", "planned")]


def test_a_day_without_a_year_is_where_its_verb_wants_it() -> None:
    assert dates("The Silent Bridge is to be opened on 10 January, the mayor announced on 3 November.") == [
        ("bridge|.start", "10 January 2026", "planned"),
    ]


def test_without_a_subject_only_the_beginning_speaks_and_names_a_thing() -> None:
    filler = "Rain fell. Wind blew. "
    text = "The conference will open on 5 May 2026."
    assert dates(text) == [("|conference.start", "5 May 2026", "planned")]
    assert dates(filler + filler + text) == []
    assert dates("It will open on 5 May 2026.") == []


@pytest.mark.parametrize(
    ("lang", "text", "state"),
    [
        ("en", "The Silent Bridge will open next week.", "planned"),
        ("en", "The Silent Bridge opened yesterday.", "done"),
        ("en", "The Silent Bridge was cancelled.", "cancelled"),
        ("en", "The Silent Bridge has been postponed.", "postponed"),
        ("en", "The city decided to build the Silent Bridge.", "announced"),
        ("en", "Construction of the Silent Bridge is under way.", "underway"),
        ("az", "Sakit körpü açılıb.", "done"),
        ("az", "Sakit körpü açılacaq.", "planned"),
        ("az", "Sakit körpü ləğv edilib.", "cancelled"),
        ("ru", "Тихий мост открыт.", "done"),
        ("ru", "Тихий мост откроют.", "planned"),
        ("ru", "Тихий мост отменили.", "cancelled"),
    ],
)
def test_a_clause_tells_a_state(lang: str, text: str, state: str) -> None:
    assert states(text, lang) == [("bridge|", state)]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The Silent Bridge has not yet opened."),
        ("en", "The mayor did not say that the Silent Bridge would be cancelled."),
        ("en", "The mayor denied that the Silent Bridge was cancelled."),
        ("az", "Sakit körpü açılmayıb."),
        ("ru", "Тихий мост не открыли."),
        ("en", "The Silent Bridge was painted."),
    ],
)
def test_a_negation_or_a_denial_is_no_state(lang: str, text: str) -> None:
    assert states(text, lang) == []


def test_a_conference_that_opens_is_under_way_and_a_bridge_is_done() -> None:
    assert states("The Coast Forum opened yesterday.") == [("forum|", "underway")]
    assert states("The Silent Bridge opened yesterday.") == [("bridge|", "done")]


def test_an_undated_item_claims_without_a_day() -> None:
    (claim,) = [
        one
        for one in stated("The Silent Bridge will open on 5 May 2026.", published=None).claims
        if one.kind is ClaimKind.DATE
    ]
    assert claim.as_of is None


def test_a_past_that_lies_ahead_is_not_believed() -> None:
    claims: tuple[Claim, ...] = stated("The Silent Bridge was opened on 5 May 2027.").claims
    assert [one.as_of for one in claims if one.kind is ClaimKind.DATE] == [None]


def test_another_language_claims_nothing() -> None:
    assert stated("Le Silent Bridge ouvrira le 5 mai 2026.", "fr") == Statements()


def test_a_claim_shows_its_words() -> None:
    text = "Rain fell. The Silent Bridge will open on 5 May 2026."
    (claim,) = [one for one in stated(text, "en").claims if one.kind is ClaimKind.DATE]
    assert f"\n{text}"[claim.start : claim.end] == claim.value
    assert claim.quote == "The Silent Bridge will open on 5 May 2026."


def test_the_cable_is_the_one_that_the_text_names() -> None:
    line = Subject(id="lake-line", kind="line", aliases=("Lake Cable",))
    forum = Subject(id="forum", kind="conference", aliases=("Coast Forum",))
    text = "The Coast Forum spoke of the Lake Cable. Rain fell. The cable laying will start in May 2026."

    def about(*declared: Subject) -> list[str]:
        said = read("", text, "en", PUBLISHED, Subjects.compile(declared), shipped_measures())
        return [f"{one.subject}|{one.measure}" for one in said.claims if one.kind is ClaimKind.DATE]

    assert about(line, forum) == ["lake-line|laying.start"]
    assert about(forum) == []


def test_a_headline_counts_those_whom_its_text_counts() -> None:
    said = stated("The Coast Forum was attended by 2,640 delegates.", title="Coast Forum: 2,640 guests").claims
    assert [(one.facet, one.value) for one in said if one.kind is ClaimKind.QUANTITY] == [("attended", "2640")]


def test_a_headline_with_another_figure_counts_others() -> None:
    said = stated("The Coast Forum was attended by 2,640 delegates.", title="Coast Forum: 2,400 guests").claims
    figures = [(one.facet, one.value) for one in said if one.kind is ClaimKind.QUANTITY]
    assert figures == [("", "2400"), ("attended", "2640")]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The Silent Bridge is scheduled for launch in 2026."),
        ("az", "Sakit körpü: açılışı 2026-cı ildə planlaşdırılır."),
        ("ru", "На 2026 год намечено открытие Тихого моста."),
    ],
)
def test_an_opening_that_is_scheduled_is_planned(lang: str, text: str) -> None:
    assert ("bridge|", "planned") in states(text, lang)


def test_a_country_is_neither_opened_nor_held() -> None:
    declared = Subjects.compile(
        [
            Subject(id="ruritania", kind="country", aliases=("Ruritania",)),
            Subject(id="bridge", aliases=("Silent Bridge",)),
        ]
    )
    said = Extractor(subjects=declared).read(
        "", "Ruritania will open the Silent Bridge on 5 May 2026.", "en", PUBLISHED
    )
    assert {one.subject for one in said.claims} == {"bridge"}
    alone = Extractor(subjects=declared).read("", "Ruritania will open on 5 May 2026.", "en", PUBLISHED)
    assert alone.claims == ()


def test_what_sets_an_example_is_no_plan() -> None:
    (claim,) = stated("The Coast Forum drew 600 participants, which allows it to set an example.").claims
    assert claim.modality is Modality.REPORTED


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "An open-topped bus carried tourists to the centre of the town."),
        ("en", "The singer has finished her stay at the treatment centre."),
        ("en", "Hundreds broke out of the first holding centre near the border, promised nothing."),
        ("az", "Şəhərin mərkəzində iki nəfər müqaviləsiz işə başlayıb."),
        ("ru", "В новом центре участники завершили прогулку."),
    ],
)
def test_where_something_happens_is_not_what_it_happens_to(lang: str, text: str) -> None:
    assert states(text, lang) == []


def test_what_happens_to_a_thing_is_still_told() -> None:
    assert states("The centre was opened by the mayor.") == [("|centre", "done")]
    assert states("Elections in Ruritania are to be held in May.") == [("|election", "planned")]
    assert states("The contract for the works was signed.") == [("|contract", "done")]


def test_a_verb_between_two_dates_has_the_one_behind_it() -> None:
    assert dates("The bridge that burned two years ago opens on 5 May 2026; the Silent Bridge will not.")[:1] == [
        ("bridge|.start", "5 May 2026", "planned")
    ]


def test_what_another_thing_does_before_the_subject_is_named_is_not_its_own() -> None:
    assert stated("A library was opened on the hill on Sunday. The Silent Bridge lent it chairs.").claims == ()
    assert stated("A library was opened on the hill on Sunday.", title="News of the Silent Bridge").claims == ()
    said = stated("The opening was postponed to 5 May 2026.", title="News of the Silent Bridge").claims
    assert {claim.subject for claim in said} == {"bridge"}


def test_an_old_plan_told_again_is_no_plan() -> None:
    assert states("The Coast Forum will be held on 3 March 2026.") == [("forum|", "planned")]
    assert states("The Coast Forum will be held on 3 March 2025.") == []


def test_far_down_the_one_that_is_called_by_its_kind_has_a_state() -> None:
    declared = Extractor(subjects=Subjects.compile([Subject(id="cable", kind="line", aliases=("Lake Cable",))]))
    text = "The Lake Cable is new. It rained. Nobody came. The cable is currently being manufactured in the harbour."
    said = declared.read("", text, "en", PUBLISHED).claims
    assert [(one.subject, one.value) for one in said if one.kind is ClaimKind.STATUS] == [("cable", "underway")]


CABLE = Subjects.compile(
    [
        Subject(id="cable", kind="line", aliases=("Lake Cable", "Göl kabeli", "Озёрный кабель")),
        Subject(id="forum", kind="conference", aliases=("Coast Forum", "Sahil Forumu", "Береговой форум")),
    ]
)


def of_cable(text: str, lang: str = "en") -> list[tuple[str, str]]:
    found = read("", text, lang, PUBLISHED, CABLE, shipped_measures()).claims
    return [(f"{one.subject}|{one.measure}", spoken(one)) for one in found if one.kind is ClaimKind.DATE]


def test_what_a_conference_cannot_have_is_of_the_thing_that_is_called_by_its_kind() -> None:
    text = "The Lake Cable was discussed at length. Rain fell. Wind blew. "
    said = "The laying of the cable is to start in May 2026, said a minister who took part in the Coast Forum."
    assert of_cable(text + said) == [("cable|laying.start", "May 2026")]
    assert of_cable("Rain fell. Wind blew. Snow lay. " + said) == []


def test_what_is_being_made_is_ready_when_it_is_made() -> None:
    made = "The Lake Cable is now being manufactured in the south. "
    assert of_cable(made + "The cable will be ready by the end of March 2026.") == [
        ("cable|manufacture.end", "end of March 2026")
    ]
    assert of_cable("The Lake Cable will be ready by the end of March 2026.") == [("cable|.end", "end of March 2026")]


def test_a_name_between_commas_parts_no_date_from_its_verb() -> None:
    assert dates("The Coast Forum opened in Westport, Ruritania on 6 June.") == [
        ("forum|.start", "6 June 2025", "done"),
    ]
    assert dates("The Coast Forum opened in Westport, the mayor wrote on 6 June.") == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "At the Coast Forum a roadmap for 2026-2029 was adopted."),
        ("az", "Sahil Forumunda 2026-2029-cu illər üçün yol xəritəsi qəbul edilib."),
        ("ru", "На Береговом форуме принята дорожная карта на 2026-2029 годы."),
    ],
)
def test_the_years_that_a_document_is_for_are_no_day_of_its_adoption(lang: str, text: str) -> None:
    (found,) = dates(text, lang)
    assert found == ("forum|declaration.cover", "2026–2029", "reported")


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The line to the island has been postponed to 3 June 2026."),
        ("ru", "Мост через залив перенесли на 3 июня 2026 года."),
    ],
)
def test_what_is_put_off_needs_no_declared_name(lang: str, text: str) -> None:
    assert dates(text, lang) == [("|line.moved", "3 June 2026", "planned")]


@pytest.mark.parametrize(
    ("lang", "text", "found"),
    [
        ("en", "Completion of the Silent Bridge is now expected in May 2027.", ("bridge|.end", "May 2027", "expected")),
        ("en", "The Silent Bridge will be commissioned in May 2027.", ("bridge|.start", "May 2027", "planned")),
        ("en", "The Silent Bridge was inaugurated on 5 May 2025.", ("bridge|.start", "5 May 2025", "done")),
        ("az", "Sakit körpünün açılışı 2027-ci ilin mayına planlaşdırılır.", ("bridge|.start", "May 2027", "planned")),
        ("az", "Sakit körpünün tikintisinə gələn il başlanacaq.", ("bridge|construction.start", "2026", "planned")),
        ("ru", "Открытие Тихого моста намечено на май 2027 года.", ("bridge|.start", "May 2027", "planned")),
        ("ru", "Тихий мост введут в эксплуатацию в мае 2027 года.", ("bridge|.start", "May 2027", "planned")),
        ("ru", "Строительство Тихого моста отложили до 2027 года.", ("bridge|construction.start", "2027", "planned")),
    ],
)  # fmt: skip
def test_an_opening_that_is_planned_needs_no_verb_of_its_own(lang: str, text: str, found: tuple[str, str, str]) -> None:
    assert [(what, when.removeprefix("by ").removeprefix("end of "), how) for what, when, how in dates(text, lang)] == [
        found
    ]


def test_an_opening_that_only_has_a_day_claims_nothing() -> None:
    assert dates("The opening of the Silent Bridge on 5 May 2025 drew a crowd.") == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The Silent Bridge, originally planned to open in May 2026, was photographed."),
        ("en", "The Silent Bridge was supposed to open in May 2026."),
        ("az", "Sakit körpünün 2026-cı ilin mayında açılacağı planlaşdırılırdı."),
        ("ru", "Тихий мост, который ранее планировали открыть в мае 2026 года, обсудили в городе."),
    ],
)
def test_a_plan_of_old_has_no_day_on_which_it_was_made(lang: str, text: str) -> None:
    (found,) = [one for one in stated(text, lang).claims if one.kind is ClaimKind.DATE]
    assert (found.key, found.as_of) == ("bridge|.start||date", None)
    assert states(text, lang) == []


def test_a_plan_of_old_leaves_the_new_one_beside_it_alone() -> None:
    text = "Completion of the Silent Bridge, originally planned for 2026, is now expected in 2027."
    found = [(spoken(one), one.as_of) for one in stated(text).claims if one.kind is ClaimKind.DATE]
    assert found == [("2026", None), ("2027", PUBLISHED)]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The tender for the licence of the Silent Bridge will be held on 5 May 2026."),
        ("ru", "Тендер на лицензии для Тихого моста состоится 5 мая 2026 года."),
    ],
)
def test_the_tender_for_a_licence_is_a_tender(lang: str, text: str) -> None:
    assert dates(text, lang) == [("bridge|tender.hold", "5 May 2026", "planned")]


def test_what_is_put_off_until_a_month_is_then_and_not_before() -> None:
    (found,) = [one for one in stated("The Silent Bridge was put off until May 2026.").claims if one.kind == "date"]
    assert (found.lo, found.hi) == (date(2026, 5, 1), date(2026, 5, 31))


@pytest.mark.parametrize(
    ("lang", "text", "found"),
    [
        ("en", "The launch of the Silent Bridge has slipped to 2027.", [("bridge|", "postponed")]),
        ("en", "The completion of the Silent Bridge has slipped to 2027.", []),
        ("en", "The Silent Bridge has slipped to 2027.", [("bridge|", "postponed")]),
        ("en", "Construction of the Silent Bridge is 75 percent completed.", [("bridge|", "underway")]),
        ("az", "Sakit körpünün tikintisi 75 faiz başa çatıb.", [("bridge|", "underway")]),
        ("az", "Sakit körpünün tikintisi 100 faiz başa çatıb.", [("bridge|", "done")]),
        ("ru", "Строительство Тихого моста завершено на 75 процентов.", [("bridge|", "underway")]),
        ("en", "Has the Silent Bridge been cancelled?", []),
    ],
)
def test_a_state_is_no_more_than_what_is_said(lang: str, text: str, found: list[tuple[str, str]]) -> None:
    assert states(text, lang) == found


def test_a_state_is_of_the_day_on_which_it_came_to_be() -> None:
    def since(text: str) -> list[date | None]:
        return [one.as_of for one in stated(text).claims if one.kind is ClaimKind.STATUS]

    assert since("The Silent Bridge was opened in May 2025.") == [date(2025, 5, 31)]
    assert since("The Silent Bridge has opened.") == [PUBLISHED]
    assert since("The Silent Bridge had already opened before the flood.") == [None]


def test_a_declared_document_is_adopted_and_a_fair_is_held() -> None:
    subjects = Subjects.compile(
        [
            Subject(id="code", kind="law", aliases=("River Code",)),
            Subject(id="fair", kind="fair", aliases=("Wool Fair",)),
        ]
    )

    def keys(text: str) -> list[str]:
        return [one.key for one in read("", text, "en", PUBLISHED, subjects, shipped_measures()).claims]

    assert keys("Parliament is expected to adopt the River Code by the end of 2026.") == [
        "code|.adopt||date",
        "code|status||",
    ]
    assert keys("The Wool Fair was held on 5 May 2025.") == ["fair|.hold||date", "fair|status||"]
    assert states("Police searched the office building where the talks took place.") == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The Silent Bridge is now expected to open by the end of 2026."),
        ("az", "Sakit körpü yalnız 2026-cı ilin sonunadək açılacaq."),
        ("ru", "Тихий мост откроют только к концу 2026 года."),
    ],
)
def test_a_word_may_say_that_another_day_was_meant_before(lang: str, text: str) -> None:
    (found,) = [one for one in stated(text, lang).claims if one.kind is ClaimKind.DATE]
    assert "+moved" in found.rule


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The opening of the Silent Bridge will take place on 5 May 2026."),
        ("az", "Sakit körpünün açılışı 5 may 2026-cı ildə keçiriləcək."),
        ("ru", "Открытие Тихого моста состоится 5 мая 2026 года."),
    ],
)
def test_an_opening_that_takes_place_is_an_opening(lang: str, text: str) -> None:
    assert dates(text, lang) == [("bridge|.start", "5 May 2026", "planned")]


def test_a_relative_clause_without_a_comma_ends_where_the_sentence_goes_on() -> None:
    said = "An analysis of the seabed along which the Silent Bridge will be built has already been completed."
    assert states(said) == [("bridge|survey", "done")]
    assert states("The Silent Bridge, which will soon have been completed, is long.") == []
    assert dates("The Silent Bridge will have been completed by May 2026.") == [
        ("bridge|.end", "end of May 2026", "planned")
    ]


def test_what_will_begin_and_be_finished_is_not_finished() -> None:
    assert states("Laying for the Silent Bridge will begin in May 2026 and be finished in June 2026.") == [
        ("bridge|laying", "planned")
    ]


def test_the_thing_that_may_have_the_part_is_meant_where_two_are_called_by_their_kind() -> None:
    text = "The Lake Cable was discussed at the Coast Forum. Rain fell. Wind blew. "
    said = "As a minister said at the conference, laying of the cable is to start in May 2026."
    assert of_cable(text + said) == [("cable|laying.start", "May 2026")]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The opening of the Silent Bridge has been postponed to 3 June 2026."),
        ("az", "Sakit körpünün açılışı 3 iyun 2026-cı il tarixinə təxirə salınıb."),
        ("ru", "Открытие Тихого моста перенесли на 3 июня 2026 года."),
    ],
)
def test_what_is_put_off_with_its_opening_is_put_off(lang: str, text: str) -> None:
    assert dates(text, lang) == [("bridge|.start", "3 June 2026", "planned")]
    assert states(text, lang) == [("bridge|", "postponed")]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The opening of the Silent Bridge has been postponed and will take place on 3 June 2026."),
        ("az", "Sakit körpünün açılışı gecikəcək və 3 iyun 2026-cı ildə baş tutacaq."),
        ("ru", "Открытие Тихого моста перенесено и состоится 3 июня 2026 года."),
    ],
)
def test_what_is_late_and_will_take_place_on_another_day_is_put_off_to_it(lang: str, text: str) -> None:
    (day,) = [one for one in stated(text, lang).claims if one.kind is ClaimKind.DATE]
    assert (day.subject, day.measure, day.lo) == ("bridge", ".start", date(2026, 6, 3))
    assert "+moved" in day.rule
    assert states(text, lang) == [("bridge|", "postponed")]


def test_work_that_is_late_is_put_off_and_a_train_is_not() -> None:
    assert states("Sakit körpünün tikintisi gecikir.", "az") == [("bridge|", "postponed")]
    assert states("Qatar gecikir, Sakit körpü bağlıdır.", "az") == []


def test_what_is_put_off_with_its_signing_is_the_document_alone() -> None:
    assert states("The signing for the Silent Bridge has been postponed to 3 June 2026.") == []
    assert states("The completion of the Silent Bridge has been postponed to 3 June 2026.") == []
