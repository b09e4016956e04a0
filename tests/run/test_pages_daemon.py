"""The daemon and the web: pages that are watched, and the pages of a feed's items, beside its feeds."""

import signal
from pathlib import Path

from tests.builders_daemon import Program, Receiver, running, until
from tests.builders_line import Site, an_entry

OLD = an_entry("old", "ITU publishes its yearly report")
TEXT = "The ITU conference takes place in the capital and brings 2,000 delegates from all regions together."


def a_page(text: str) -> bytes:
    return f"<!DOCTYPE html><html><body><main><h1>Conference</h1><p>{text}</p></main></body></html>".encode()


def test_a_running_daemon_tells_of_an_edited_page_and_reads_the_page_of_a_new_item(tmp_path: Path) -> None:
    with Site() as site, Receiver() as receiver:
        site.publishes(OLD)
        site.serves(a_page(TEXT), name="watched")
        article = site.serves(a_page(TEXT), name="article")
        extra = f'fetch_page = true\n[[pages]]\nname = "Watched"\nurl = "{site.url("watched")}"\n'
        program = Program(tmp_path, site, receiver, extra=extra).configure()
        with running(program) as process:
            assert until(lambda: any(body["type"] == "system.baseline" for _, _, body in receiver.received), 40)
            assert article.requests == []
            site.serves(a_page(TEXT.replace("2,000", "2,600")), name="watched")
            site.publishes(OLD, an_entry("n", "ITU council meets", "The council.", at=None, link=site.url("article")))
            assert until(lambda: any(body["type"] == "item.revised" for _, _, body in receiver.received), 40)
            assert until(lambda: "visited" in program.log(), 40)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
        assert len(article.requests) == 1
        ((visits,),) = program.rows("SELECT visit_count FROM page")
        assert visits == 1
