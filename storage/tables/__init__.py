"""The tables, declared once with SQLModel: what is remembered, under which name, found by which index.

Rule: a table never leaves `storage`. Rows are written and read with Core statements on the `Table` objects named here,
never through a Session; nouns cross the wall (see `rows`). Columns that end in `_at` hold microseconds since 1970 UTC.
"""

from sqlalchemy import MetaData, Table

from storage.tables import happenings, ledger, messages, news, search_index
from storage.tables.columns import Row

metadata: MetaData = Row.metadata


def _table(name: str) -> Table:
    return metadata.tables[name]


FEED = _table(str(news.FeedRow.__tablename__))
FETCH = _table(str(news.FetchRow.__tablename__))
ITEM = _table(str(news.ItemRow.__tablename__))
ITEM_KEY = _table(str(news.ItemKeyRow.__tablename__))
TOMBSTONE = _table(str(news.TombstoneRow.__tablename__))
HELD = _table(str(news.HeldRow.__tablename__))
SIGHTING = _table(str(news.SightingRow.__tablename__))
PAGE = _table(str(news.PageRow.__tablename__))
ITEM_REVISION = _table(str(news.ItemRevisionRow.__tablename__))
ITEM_TOPIC = _table(str(news.ItemTopicRow.__tablename__))
VERDICT = _table(str(news.VerdictRow.__tablename__))
ITEM_SENTENCE = _table(str(news.ItemSentenceRow.__tablename__))
ITEM_SEARCH = _table(str(news.ItemSearchRow.__tablename__))
EVENT = _table(str(happenings.EventRow.__tablename__))
EVENT_TOPIC = _table(str(happenings.EventTopicRow.__tablename__))
EVENT_ITEM = _table(str(happenings.EventItemRow.__tablename__))
RULING = _table(str(happenings.RulingRow.__tablename__))
STORYLINE = _table(str(happenings.StorylineRow.__tablename__))
EVENT_STORYLINE = _table(str(happenings.EventStorylineRow.__tablename__))
STORYLINE_TERM = _table(str(happenings.StorylineTermRow.__tablename__))
EVENT_STATE = _table(str(happenings.EventStateRow.__tablename__))
LINKED_ITEM = _table(str(happenings.LinkedItemRow.__tablename__))
ITEM_TERM = _table(str(happenings.ItemTermRow.__tablename__))
TERM_COUNT = _table(str(happenings.TermCountRow.__tablename__))
META = _table(str(happenings.MetaRow.__tablename__))
CHANGE = _table(str(happenings.ChangeRow.__tablename__))
CHANGE_TOPIC = _table(str(happenings.ChangeTopicRow.__tablename__))
READ_MARK = _table(str(happenings.ReadMarkRow.__tablename__))
CLAIM = _table(str(ledger.ClaimRow.__tablename__))
MENTION = _table(str(ledger.MentionRow.__tablename__))
PROMISE = _table(str(ledger.PromiseRow.__tablename__))
FACT_RULING = _table(str(ledger.FactRulingRow.__tablename__))
ALERT = _table(str(messages.AlertRow.__tablename__))
DELIVERY = _table(str(messages.DeliveryRow.__tablename__))
ATTEMPT = _table(str(messages.AttemptRow.__tablename__))
SILENCE = _table(str(messages.SilenceRow.__tablename__))
DIGEST_SLOT = _table(str(messages.DigestSlotRow.__tablename__))
CHANNEL_STATE = _table(str(messages.ChannelStateRow.__tablename__))
DESTINATION = _table(str(messages.DestinationRow.__tablename__))
RUN = _table(str(messages.RunRow.__tablename__))

search_index.declare(ITEM_SEARCH)
