"""The exported page in a real browser: filters, search, diff, dark, print, keyboard; no request to anywhere."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from monitor.viewer.export import document
from tests.builders_exports import HOSTILE, NAMES, RETITLED, a_chain, a_change, a_chronicle_of

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium")

CHANGES = (
    a_change(1, summary="New: İKTA mərkəzi açılır (Outlet)", event_title="İKTA mərkəzi açılır"),
    a_change(2, kind="event.updated", summary="Центр открыт (Волна)", sources=["Волна"], topics=["drums"]),
    RETITLED | {"sources": ["Outlet", "Other, Ltd"]},
    a_change(6, summary=f"New: {HOSTILE}", event="BBBBBBBB", event_title=HOSTILE, sources=[HOSTILE]),
)
PROMISES = (a_chain("2025-12-20", "2026-03-31"), a_chain("2025-11-01", id="other", state="overdue", topics=["drums"]))
REPORT = {
    "id": "1", "title": HOSTILE, "url": "https://news.example/1", "source": "Outlet", "language": "az",
    "published_at": "2025-11-10T08:00:00Z", "first_seen_at": "2025-11-10T08:00:00Z", "same_text_as": None,
    "withdrawn": False, "revisions": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox refuses to be run by root
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = a_chronicle_of(*CHANGES, promises=PROMISES, topics=NAMES)
    path = tmp_path_factory.mktemp("page") / "timeline.html"
    path.write_bytes(document(replace(made, reports={"AAAAAAAA": [REPORT], "BBBBBBBB": [REPORT]}), "html"))
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    """The page; whatever the browser complains of or asks the network for fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    troubles: list[str] = []
    opened = context.new_page()
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("dialog", lambda dialog: troubles.append(dialog.message))
    opened.on(
        "request", lambda request: None if request.url.startswith(file.as_uri()) else troubles.append(request.url)
    )
    opened.goto(file.as_uri())
    yield opened
    context.close()
    assert troubles == []


def shown(page: Page) -> list[str]:
    return [one.get_attribute("id") or "" for one in page.locator(".entry:visible").all()]


ALL = [change["id"] for change in reversed(CHANGES)]


def test_everything_is_there_the_newest_first(page: Page) -> None:
    assert shown(page) == ALL
    expect(page).to_have_title("Salname")
    expect(page.locator("#found")).to_have_text("All changes")


@pytest.mark.parametrize("typed", ["İKTA", "ikta", "IKTA merkezi", "acilir"])
def test_a_search_folds_letters_as_the_program_does(page: Page, typed: str) -> None:
    page.get_by_label("Search").fill(typed)
    assert shown(page) == [CHANGES[0]["id"]]
    expect(page.locator("#found")).to_have_text("1 of 4 changes")
    assert page.evaluate("[...CSS.highlights.get('found')].map(String).join()").lower() != ""


def test_filters_narrow_down_together_and_can_be_taken_off(page: Page) -> None:
    page.get_by_label("Topic").select_option(label="Drums")
    assert shown(page) == [CHANGES[1]["id"]]
    assert page.locator(".promise:visible").count() == 1
    page.get_by_label("Topic").select_option(label="ITU & partners")
    page.get_by_label("Kind").select_option(label="Edits and withdrawals")
    assert shown(page) == [CHANGES[2]["id"]]
    page.get_by_label("Source", exact=True).select_option("Other, Ltd")
    assert shown(page) == [CHANGES[2]["id"]]
    page.get_by_label("Search").fill("nowhere")
    assert shown(page) == []
    assert page.locator(".day:visible").count() == 0
    page.get_by_role("button", name="Show everything").click()
    assert shown(page) == ALL
    expect(page.get_by_label("Search")).to_be_focused()


def test_what_is_filtered_stands_in_the_address(page: Page) -> None:
    page.get_by_label("Search").fill("центр")
    assert page.evaluate("location.hash").startswith("#?q=")
    page.reload()
    assert shown(page) == [CHANGES[1]["id"]]


def test_the_words_that_changed_are_marked(page: Page) -> None:
    entry = page.locator(f"[id='{RETITLED['id']}']")
    assert entry.locator(".was").inner_text().split() == ["was", "A", "plan", "of", "40"]
    assert (entry.locator("del").inner_text(), entry.locator("ins").inner_text()) == ("40", "44")


def test_promises_show_every_date_they_had(page: Page) -> None:
    promise = page.locator(".promise", has_text="slip")
    expect(promise.locator("s")).to_have_text("by 20 December 2025")
    expect(promise.locator("strong")).to_have_text("end of March 2026")


def test_a_hostile_headline_stays_text(page: Page) -> None:
    expect(page.locator(f"[id='{CHANGES[3]['id']}'] h4")).to_have_text(HOSTILE)
    assert page.locator("img").count() == 0
    assert page.evaluate("document.scripts.length") == 1
    assert page.locator("a[href^='javascript']").count() == 0


def test_the_policy_lets_nothing_else_run_or_load(browser: Browser, file: Path, tmp_path: Path) -> None:
    """Shown on a page whose escaping failed."""
    broken = tmp_path / "broken.html"
    broken.write_text(
        file.read_text(encoding="utf-8").replace(
            "<footer>",
            "<script>document.title = 'owned'</script>"
            "<img src='https://evil.example/x.png' onerror='document.title = 1'>"
            "<style>h1 { display: none }</style><footer>",
        ),
        encoding="utf-8",
    )
    opened, complaints, requests = browser.new_page(), list[str](), list[str]()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("requestfinished", lambda request: requests.append(request.url))
    opened.goto(broken.as_uri())
    expect(opened).to_have_title("Salname")
    expect(opened.get_by_role("heading", level=1)).to_be_visible()
    opened.close()
    assert len([one for one in complaints if "Content Security Policy" in one]) >= 3
    assert not [one for one in requests if "evil" in one]


def test_dark_follows_the_system_and_the_button(browser: Browser, file: Path, page: Page) -> None:
    def paper(of: Page) -> str:
        return str(of.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = paper(page)
    page.emulate_media(color_scheme="dark")
    dark = paper(page)
    assert dark != light
    page.get_by_role("button", name="Light").click()
    assert paper(page) == light
    page.get_by_role("button", name="Dark").click()
    assert paper(page) == dark


def test_the_keyboard_reaches_everything(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the timeline")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.entry')?.id") == ALL[0]
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("zzz/zzz")
    assert shown(page) == []
    page.keyboard.press("Escape")
    assert shown(page) == ALL


def test_an_event_opens_with_its_sources_when_it_is_asked_for(page: Page) -> None:
    details = page.locator("#e-AAAAAAAA")
    assert details.get_attribute("open") is None
    page.locator(f"[id='{CHANGES[1]['id']}']").get_by_role("link", name="The centre opens").last.click()
    expect(details.get_by_text("Azerbaijani")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(page: Page, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.locator("details").first.evaluate("node => { node.open = true; }")
    found = Axe().run(page)
    assert len(found.response["passes"]) > 20
    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


def test_a_phone_shows_it_without_scrolling_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_paper_shows_everything_and_no_controls(page: Page) -> None:
    page.get_by_label("Search").fill("ikta")
    page.get_by_label("Search").fill("")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#bar").is_hidden()
    assert shown(page) == ALL
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


def test_without_a_script_everything_can_still_be_read(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(file.as_uri())
    assert opened.locator(".entry:visible").count() == 4
    assert opened.locator("#bar").is_hidden()
    context.close()
