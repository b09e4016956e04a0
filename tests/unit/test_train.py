"""How the weights are learned: from streams that are the same each time, with the signs that names promise."""

import json
from dataclasses import replace
from importlib import resources
from itertools import cycle
from pathlib import Path
from random import Random

import pytest

from monitor.events.evaluate import Labelled, bcubed, incoming, link_all
from monitor.events.features import NAMES, SPOKEN
from monitor.events.link import LinkSettings
from monitor.events.streams import Shape, Shelf, said_in, shared_names
from monitor.events.terms import analyse
from monitor.events.weights import KINDS, Model, Weights, read, shipped

pytest.importorskip("scipy", reason="the extra `train` is not installed")
from monitor.events.lessons import Data, group_of, lessons
from monitor.events.train import THETA, WINDOW, bounds, calibrated, learn, main, rows, shifts

SYLLABLES = ("ba", "ko", "ri", "len", "sta", "mur", "del", "fo", "gan", "ti", "vo", "sur")


def word(rng: Random) -> str:
    return "".join(rng.choices(SYLLABLES, k=3))


def articles(topics: int = 4) -> list[Labelled]:
    """Two sister events a topic, each told four times: they share the topic's words and not the event's."""
    rng = Random(7)
    common = [word(rng) for _ in range(150)]
    found: list[Labelled] = []
    for topic in range(topics):
        theme = [word(rng) for _ in range(8)] + [word(rng).capitalize()]
        for event in (1, 2):
            own = (
                [word(rng) for _ in range(14)]
                + [word(rng).capitalize() for _ in range(4)]
                + [str(rng.randint(20, 900))]
            )
            for _ in range(4):
                told = rng.sample(own, 12) + rng.sample(theme, 5) + rng.choices(common, k=40)
                rng.shuffle(told)
                title = " ".join(rng.sample(own, 5) + rng.choices(common, k=2))
                label = f"made-{topic}-{event}"
                found.append(Labelled(id=str(len(found)), title=title, text=" ".join(told), lang="en", event=label))
    return found


ARTICLES = articles()
LABELS = [item.event for item in ARTICLES]
SHELF = Shelf(ARTICLES, {})


def test_a_stream_is_the_same_whenever_it_is_drawn_and_in_order_of_time() -> None:
    shape = Shape(seed=3, days=20, forms=("full", "short", "title"), langs=("", "latin1", "cyrillic1"))
    stream = SHELF.stream(shape)
    assert stream == Shelf(ARTICLES, {}).stream(shape)
    assert stream != SHELF.stream(replace(shape, seed=4))
    times = [item.sort_at for item, _ in stream]
    assert times == sorted(times)
    assert len(stream) == len(ARTICLES)
    chosen = frozenset(item.id for item in ARTICLES if item.event == "made-0-1")
    assert [label for _, label in SHELF.stream(shape, chosen)] == ["made-0-1"] * 4


def test_a_stream_without_dates_says_so() -> None:
    stream = SHELF.stream(Shape(seed=3, days=20, forms=("title",), dated=False))
    assert not any(item.dated for item, _ in stream)
    assert all(item.analysis.fields["text"] == item.analysis.fields["title"] for item, _ in stream)


def test_another_language_keeps_numbers_dates_and_the_sound_of_names() -> None:
    told = analyse("Bridge at Orla", "The Orla bridge of Velmar opens on 3 May for 900 people.", lang="en", aliases={})
    for lang in ("latin1", "cyrillic2"):
        other = said_in(lang, told)
        assert other == said_in(lang, told)
        assert other.lang == lang
        assert (other.fields["numbers"], other.fields["dates"]) == (told.fields["numbers"], told.fields["dates"])
        assert sum(other.fields["text"].values()) == sum(told.fields["text"].values())
        assert other.fields["text"] != told.fields["text"]
    assert told.fields["names"].keys().isdisjoint(said_in("cyrillic2", told).fields["names"])


def test_names_that_a_whole_topic_shares_become_its_aliases() -> None:
    found = shared_names(SHELF, group_of)
    theme = [name for name, group in found.items() if group == f"@{name}"]
    assert theme
    assert len(found) <= 3 * 4


def test_sister_events_are_never_divided() -> None:
    assert group_of("ecb-12-1") == group_of("ecb-12-2") == "ecb-12"
    assert group_of("uci-0c4786f503ed") == "uci-0c4786f503ed"
    data = Data(tuple(ARTICLES), ())
    half = data.of(frozenset(data.groups()[:2]))
    assert {group_of(item.event or "") for item in half.articles} == set(data.groups()[:2])


def test_with_true_events_every_comparison_is_labelled_by_them() -> None:
    stream = SHELF.stream(Shape(seed=1, days=10))
    found = rows(stream)
    assert all(len(values) == len(NAMES) for kind in KINDS for values in found.values[kind])
    right = sum(sum(found.right[kind]) for kind in KINDS)
    assert 0 < right <= len(stream) - 8  # each item but an event's first can be right once


@pytest.fixture(autouse=True)
def few_archives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.events.lessons.SMALL", 4)


@pytest.fixture(scope="module")
def learned() -> Weights:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("monitor.events.lessons.SMALL", 4)
        return learn(Data(tuple(ARTICLES), ()), seeds=1)


def test_what_is_learned_is_the_same_each_time_and_links_what_it_has_not_seen(learned: Weights) -> None:
    stream = SHELF.stream(Shape(seed=77, days=12))
    linked = link_all([item for item, _ in stream], LinkSettings(window=WINDOW, theta=THETA), learned)
    assert bcubed([one.event for one in linked], [label for _, label in stream]).f1 > 0.9


def test_weights_have_the_sign_that_their_name_promises(learned: Weights) -> None:
    for weights in (learned, shipped()):
        for kind in KINDS:
            for name, weight, (low, high) in zip(NAMES, weights.models[kind].weights, bounds(kind), strict=True):
                assert low is None or weight >= low - 0.001 or name == "novice", (kind, name)
                assert high is None or weight <= high + 0.001, (kind, name)


def test_calibration_moves_the_bias_and_makes_a_new_archive_cautious(learned: Weights) -> None:
    moved = calibrated(learned, {"words": 0.5})
    assert moved.models["words"].bias == learned.models["words"].bias + 0.5
    assert moved.models["headlines"] == learned.models["headlines"]
    for name, before, after in zip(NAMES, learned.models["words"].weights, moved.models["words"].weights, strict=True):
        assert before == after or (name == "novice" and before == 0 and after < 0)


def test_the_program_writes_what_the_linker_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.events.train.SEEDS", 1)
    monkeypatch.setattr("monitor.events.train.shifts", lambda _: {"words": -0.5})
    few = ARTICLES[:16]
    files = {"articles": few, "titles": [replace(item, text="") for item in few]}
    for name, items in files.items():
        lines = [
            {"id": one.id, "title": one.title, "text": one.text, "event": one.event, "language": "en"} for one in items
        ]
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    written = []
    for _ in range(2):
        assert main([*(str(tmp_path / name) for name in files), "--output", str(tmp_path / "weights.json")]) == 0
        written.append((tmp_path / "weights.json").read_bytes())
    assert written[0] == written[1]
    told = json.loads(written[0])
    assert told["provenance"]["articles"] == told["provenance"]["titles"] == len(few)
    assert set(read(written[0].decode()).models) == set(KINDS)


def test_a_shift_is_found_for_every_kind_that_is_calibrated() -> None:
    titles = [*zip(incoming([replace(item, text="") for item in ARTICLES], {}), LABELS, strict=True)]
    found = shifts(Data(tuple(ARTICLES), (titles,)), seeds=1)
    assert set(found) == {"words", "briefs", "titles", "headlines"}
    assert max(found[kind] for kind in ("words", "briefs", "titles")) <= 0 <= found["headlines"]


def test_reports_in_several_languages_make_archives_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.events.lessons.ARCHIVES", 5)
    monkeypatch.setattr("monitor.events.lessons.SMALL", 5)
    reports = tuple(replace(item, lang=lang) for item, lang in zip(ARTICLES, cycle(("en", "ru")), strict=False))
    found = [stream for stream, _ in lessons(Data((), (), reports), 1)]
    assert len(found) == 5
    assert all({item.analysis.lang for item, _ in stream} == {"en", "ru"} for stream in found)
    small = [stream for stream, worth in lessons(Data(tuple(ARTICLES), ()), 1) if worth > 1]
    assert len(small) == 5
    assert all(len(stream) < len(ARTICLES) for stream in small)


def test_the_shipped_weights_say_where_they_come_from() -> None:
    told = json.loads(resources.files("monitor.events").joinpath("weights.json").read_text(encoding="utf-8"))
    assert told["provenance"]["articles"] > 400
    assert all(set(told["models"][kind]["weights"]) == set(NAMES) for kind in KINDS)


def test_every_feature_has_words_for_a_person() -> None:
    assert set(SPOKEN) == set(NAMES)
    assert len(set(SPOKEN.values())) == len(NAMES)


def test_reasons_are_the_features_that_moved_the_decision_most() -> None:
    weights = tuple({"names": 4.0, "dates": -9.0, "size": 1.0, "numbers": 3.0}.get(name, 0.0) for name in NAMES)
    model = Model(bias=0.0, weights=weights, usual=tuple(0.5 if name == "names" else 0.0 for name in NAMES))
    values = [{"names": 1.0, "dates": 1.0, "size": 1.0, "numbers": 0.5}.get(name, 0.0) for name in NAMES]
    found = Weights(models={"words": model}).reasons("words", values)
    assert found == ((SPOKEN["dates"], -9.0), (SPOKEN["names"], 2.0), (SPOKEN["numbers"], 1.5))
