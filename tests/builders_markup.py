"""Pieces of feeds, ordinary and odd, that tests put together to documents nobody would write."""

ENTRY_PARTS = """
<title>T{n}</title>
<title xml:lang="fr">T{n}</title>
<title type="xhtml"><div>q{n}</div></title>
<link>http://a.example/{n}</link>
<link href="rel{n}"/>
<link rel="self" href="x{n}"/>
<guid>g{n}</guid>
<guid isPermaLink="true">rel{n}</guid>
<id>tag:{n}</id>
<pubDate>Fri, 28 Nov 2025 19:02:00 +0400</pubDate>
<updated>2025-11-28T11:00:0{n}Z</updated>
<published>2025-11-27T11:00:00Z</published>
<dc:date>2025-11-28</dc:date>
<description>d{n}</description>
<description><![CDATA[<div lang="en">d{n}</div>]]></description>
<description><div lang="de">raw{n}</div></description>
<content type="html"><div xml:lang="tr">x{n}</div></content>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">x{n}</div></content>
<content type="text" xml:base="http://base{n}.example/">cb</content>
<content type="image/svg+xml"><svg><title>a</title></svg></content>
<content>plain{n}</content>
<content:encoded>e{n}</content:encoded>
<body>b{n}</body>
<summary>s{n}</summary>
<summary type="html">s{n} &lt;b&gt;</summary>
<itunes:summary>is{n}</itunes:summary>
<media:description>m{n}</media:description>
<media:title>mt{n}</media:title>
<media:group><media:thumbnail url="x"/></media:group>
<m:title xmlns:m="http://search.yahoo.com/mrss/">mm{n}</m:title>
<foo:title xmlns:foo="http://foo.example">ft{n}</foo:title>
<foo xmlns="http://foo.example"><title>in foo</title></foo>
<gml:pos xmlns:gml="http://www.opengis.net/gml">1 2</gml:pos>
<svg xmlns="http://www.w3.org/2000/svg"><title>svgt</title></svg>
<div>stray</div>
<x a="1">q</x>
<name>nm</name>
<image><url>u</url><title>it</title></image>
<textInput><name>n</name></textInput>
<author><name>n{n}</name></author>
<author>a{n}@x.example (Z)</author>
<dc:creator>c{n}</dc:creator>
<category>k{n}</category>
<category term="q{n}"/>
<source url="http://s.example/{n}">S{n}</source>
<source><id>sid</id><title>ST</title><link href="http://st.example/"/></source>
<dc:language>az</dc:language>
<language>ru</language>
<enclosure url="http://e.example/{n}"/>
""".strip().splitlines()

CHANNEL_PARTS = """
<title>Channel</title>
<link>http://c.example/</link>
<description>cd</description>
<description><div>a</div></description>
<language>en</language>
<dc:language>az</dc:language>
<itunes:summary>cs</itunes:summary>
<summary>z</summary>
<content:encoded>ce</content:encoded>
<content type="html"><div xml:lang="zz">q</div></content>
<media:title>zz</media:title>
<image><url>u</url><title>img</title></image>
<textInput><name>n</name></textInput>
<author>aaa</author>
<source>src</source>
<category>cc</category>
<id>feedid</id>
<ttl>5</ttl>
<svg/>
<!-- <item> -->
<description/>
<summary/>
<image/>
<category domain="a > b"/>
<generator uri="u">g/></generator>
<more><summary>deep</summary></more>
<more><content:encoded>deep</content:encoded></more>
<lastBuildDate>Thu, 04 Dec 2025 10:00:00 GMT</lastBuildDate>
""".strip().splitlines()

SHELLS = {
    "rss": ('<rss version="2.0" {}><channel>', "item", "</channel></rss>"),
    "rss without channel": ("<rss {}>", "item", "</rss>"),
    "rdf": (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" {}>',
        "item",
        "</rdf:RDF>",
    ),
    "atom": ('<feed xmlns="http://www.w3.org/2005/Atom" {}>', "entry", "</feed>"),
    "atom 0.3": ('<feed version="0.3" xmlns="http://purl.org/atom/ns#" {}>', "entry", "</feed>"),
    "atom without namespace": ("<feed {}>", "entry", "</feed>"),
}

# What outlets write, nearly: most of these are ordinary, each other one differs from one that is.
PLAIN_PARTS = """
<title>  Port ünlü &amp; &lt;b&gt;bold&lt;/b&gt; &#146;q&#146; Ã© {n}</title>
<title type="html">&lt;p&gt;x&lt;/p&gt;{n}</title>
<title type="TEXT">a &lt; b {n}</title>
<title type="application/octet-stream">YWJj</title>
<title mode="base64">YWJj</title>
<title/>
<TITLE>upper</TITLE>
<link>  /rel/{n}?a=1&amp;b=2&amp;copy;=3 </link>
<link>https:///three{n}</link>
<link/>
<link rel="ALTERNATE" href="HTTP://A.example/x?y=1&amp;z#f"/>
<link rel="alternate" type="application/pdf" href="a.pdf"/>
<link rel="alternate" type="Text/HTML" hreflang="az" href="../q{n}"/>
<link rel="replies" href="http://r.example/{n}"/>
<link href="">x</link>
<link rel="alternate">http://inner.example/{n}</link>
<link href="http://[bad"/>
<link href="http://b.example"><title>nested</title></link>
<atom:link xmlns:atom="http://www.w3.org/2005/Atom" href="http://al.example/{n}"/>
<guid isPermaLink="false">http://x.example/?p={n}</guid>
<guid isPermaLink="">z{n}</guid>
<guid ispermalink="false">zz{n}</guid>
<guid>http://perma.example/{n}</guid>
<guid></guid>
<id>http://perma.example//./{n}</id>
<id> urn:uuid:{n} </id>
<pubDate>gibberish</pubDate>
<pubDate>2020/1/10 14:03:00</pubDate>
<pubDate>2025-11-28T11</pubDate>
<pubDate> </pubDate>
<updated>not a date</updated>
<published></published>
<published>2025-11-28</published>
<dc:date>2025-11-28T11:00:0{n}Z</dc:date>
<dc:Date>2025-11-28T11:00:0{n}Z</dc:Date>
<dc:title>dct{n}</dc:title>
<dc:rights>r <b>x</b></dc:rights>
<dc:rights>r</dc:rights>
<dc:subject>s{n}</dc:subject>
<dc:publisher>Foo a@b.example</dc:publisher>
<dc:creator><title>no</title></dc:creator>
<description></description>
<description>a &lt;b&gt;c&lt;/b&gt; &amp;nbsp; &#150; d{n}</description>
<description type="text/plain">d{n}</description>
<description xml:lang="fr">d{n}</description>
<content:encoded><![CDATA[<p>rich {n}</p>]]></content:encoded>
<content:encoded/>
<content type="text">c &lt; {n}</content>
<content type="text/html" src="http://x.example"/>
<content type="TEXT/HTML">v{n}</content>
<content/>
<summary type="text">s &amp; {n}</summary>
<summary/>
<media:content url="http://m.example/{n}.jpg"><media:credit role="x">c</media:credit></media:content>
<media:content url="http://m.example/{n}.jpg"><media:title>mt</media:title></media:content>
<media:group><media:content url="a"><media:keywords>a</media:keywords></media:content></media:group>
<media:group><title>q</title></media:group>
<media:keywords role="z">a</media:keywords>
<media:Title>tt{n}</media:Title>
<itunes:explicit>yes</itunes:explicit>
<itunes:subtitle>sub</itunes:subtitle>
<itunes:category text="News"><itunes:category text="Tech"/></itunes:category>
<yandex:full-text xmlns:yandex="http://news.yandex.ru">full text</yandex:full-text>
<yandex:title xmlns:yandex="http://news.yandex.ru">yt</yandex:title>
<post-id xmlns="com-wordpress:feed-additions:1">12</post-id>
<slash:comments xmlns:slash="http://purl.org/rss/1.0/modules/slash/">0</slash:comments>
<wfw:comment xmlns:wfw="http://wellformedweb.org/CommentAPI/">rel</wfw:comment>
<dcterms:modified xmlns:dcterms="http://purl.org/dc/terms/">2025-01-01</dcterms:modified>
<source url="http://s.example/{n}"/>
<source url="">S</source>
<source>plain</source>
<enclosure href="http://e.example/{n}"/>
<enclosure url="x"><title>y</title></enclosure>
<language xmlns="http://purl.org/dc/elements/1.1/">q</language>
text between {n}
""".strip().splitlines()

PLAIN_CHANNEL_PARTS = """
<title>Ch &amp;amp; Ã©</title>
<link>http://c.example/?a=1&amp;b;=2</link>
<link/>
<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="http://c.example/rss"/>
<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href="?p=2"/>
<atom:link xmlns:atom="http://www.w3.org/2005/Atom" href="/home"/>
<link rel="self" href="self.xml"/>
<link href="http://h.example/"/>
<link rel="prev-archive" href="http://h.example/2"/>
<language xml:lang="en">en</language>
<language> az-AZ </language>
<ttl>60</ttl>
<ttl a="1">60</ttl>
<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"> hourly </sy:updatePeriod>
<sy:updateFrequency xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">2</sy:updateFrequency>
<skipHours><hour>1</hour><hour>2</hour></skipHours>
<skipDays><day>Monday</day></skipDays>
<skipHours><title>1</title></skipHours>
<itunes:owner><itunes:name>n</itunes:name></itunes:owner>
<itunes:image href="z"/>
<dc:title>dt</dc:title>
<dc:publisher>dt</dc:publisher>
<openSearch:totalResults xmlns:openSearch="http://a9.com/-/spec/opensearchrss/1.0/">3</openSearch:totalResults>
<dc:x xmlns:dc="http://foreign.example/">3</dc:x>
<q:x xmlns:q="http://purl.org/dc/elements/1.1/">3</q:x>
<foo base="http://q.example/">x</foo>
""".strip().splitlines()
