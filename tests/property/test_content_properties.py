import string

from hypothesis import example, given
from hypothesis import strategies as st

from monitor.items import addresses
from monitor.items.addresses import canonical_url, link_tail
from monitor.items.content import content, content_of, entry_keys, facts, strip_marks, with_facts
from monitor.words import fold, word_list
from storage.model import GLOBAL, Entry, KeyKind, TextKind

URL_PIECES = (
    "http:// https:// HTTP:// // / . .. @ : :80 :443 [ ] [::1] ? & = # #! ; ;jsessionid= % %2 %2e %2F %25 %c9%99 %FF "
    "%C3 utm_source=1 fbclid a b=2 www. WWW. example.com Bakı.az ə i\u0307 I \u0301 \\ | ^ \ud800 \x00 \u200b \u3002 "
    "½ xn-- 12345 + ~ index.html"
)
HOSTILE = st.lists(st.sampled_from(URL_PIECES.split(" ")) | st.text(max_size=2), max_size=14).map("".join)
URLS = HOSTILE | HOSTILE.map("http://example.com/".__add__) | HOSTILE.map("https://".__add__)
PIECES = (
    "Port lake İKTA ı 5 1,500 % (foto) yenilənib [2] updated <b> &amp; &lt; <![CDATA[ ]]> - – ' “ March 17 млн "
    "\ud800 \x00"
)
MARKUP = st.lists(st.sampled_from([*PIECES.split(" "), " "]) | st.text(max_size=3), max_size=20).map(" ".join)
NAMES = st.none() | URLS | st.text(max_size=5)
ENTRIES = st.builds(
    Entry,
    position=st.just(0),
    guid=NAMES,
    link=st.none() | URLS,
    title=MARKUP,
    body=MARKUP,
    source_name=st.none() | st.text(max_size=5),
    source_url=st.none() | URLS,
)


@given(URLS)
@example("http://a/%%%343434")
@example("http://a/;jsession;jsessionid=1id=2")
@example("http://a//../..//;jsessionid=x/..")
@example("http://a/b//;//..;/;;")
@example("http://a/%7C\u0301")
@example("http://a\\..\\/\\b?\\")
@example("http://a/http://\x00// //")
@example("https://www.www.www.a.b/")
@example("http://[v1.x]/")
@example("http://a/\u0301?\u0301#!\u0301")
def test_a_canonical_url_is_its_own_and_nothing_hostile_raises(url):
    canonical = canonical_url(url)
    assert canonical is None or canonical_url(canonical) == canonical
    assert canonical is None or (canonical.isascii() and canonical.startswith(("http://", "https://")))


@given(URLS)
def test_a_tail_is_a_host_and_a_number(url):
    tail = link_tail(url)
    assert tail is None or tail.rpartition("/")[2].isdecimal()


@given(
    st.text(string.ascii_letters + string.digits + "-._~", min_size=1, max_size=8).filter(lambda page: page.strip(".")),
    st.permutations(["utm_source=rss", "utm_medium=x", "fbclid=9", "a=1", "b=2"]),
)
def test_tracking_and_the_order_of_parameters_never_matter(page, query):
    assert canonical_url(f"http://example.com/{page}?{'&'.join(query)}") == f"http://example.com/{page}?a=1&b=2"


@given(MARKUP)
def test_marks_are_taken_off_once(title):
    once, _ = strip_marks(fold(title))
    assert strip_marks(once) == (once, None)


@given(MARKUP, MARKUP)
def test_any_entry_has_content_and_the_same_one_has_the_same(title, body):
    words = content(title, body, TextKind.SUMMARY)
    assert words == content(title, body, TextKind.SUMMARY)
    assert (words.text_kind is TextKind.NONE) == (words.text == "")
    assert words.title_word_count == len(word_list(words.title_norm))
    assert words.text_word_count == len(word_list(fold(words.text)))


@given(st.lists(st.sampled_from("lake port 1500 5% March signed 17 three Bakı".split()), max_size=15))  # noqa: SIM905 - reads best
def test_an_entrys_punctuation_case_and_markup_are_no_revision(told):
    plain = with_facts(content("A title", " ".join(told), TextKind.SUMMARY))
    shouted = "<p>" + " <b>".join(told).upper() + "</p>!"
    dressed = with_facts(content("“A” TITLE… (foto)", shouted, TextKind.SUMMARY))
    assert (plain.content_hash, plain.facts_hash) == (dressed.content_hash, dressed.facts_hash)


@given(st.integers(min_value=1_000, max_value=10**12))
def test_a_number_is_one_fact_however_its_thousands_are_set(number):
    written = {f"{number:,}", f"{number:,}".replace(",", " "), f"{number:,}".replace(",", "."), str(number)}
    assert {facts(fold(f"over {one} km")) for one in written} == {frozenset({str(number)})}


@given(ENTRIES, st.none() | URLS)
def test_every_entry_has_keys_that_a_database_takes(entry, site):
    keys = entry_keys(7, entry, content_of(entry), "https://example.com/rss", site)
    assert keys[-1].kind is KeyKind.HASH
    assert [key.kind for key in keys] == sorted((key.kind for key in keys), key=list(KeyKind).index)
    assert len(set(keys)) == len(keys)
    for key in keys:
        assert key.scope == (GLOBAL if key.kind is KeyKind.LINK else 7)
        assert key.value.encode().decode().isprintable()
        assert 0 < len(key.value) <= 2_100


@given(st.from_regex(addresses._CANONICAL, fullmatch=True))
def test_an_address_that_is_canonical_at_sight_is_so_for_good_reason(url):
    assert addresses._canonical(url) == canonical_url(url)
