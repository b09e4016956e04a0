"""The one tree of everything that Salname raises on purpose.

Error
├── ConfigError            configuration or usage is wrong            exit 2
├── StoreError             the database cannot be used                exit 3
│   ├── SchemaTooNew       written by a newer Salname
│   ├── Locked             another process holds the write lock
│   └── DiskFull           no space left for a commit                 exit 75
├── AlreadyRunning         another instance holds the database        exit 75
├── FeedError              a feed could not be fetched or read
│   ├── FetchError
│   └── ParseError
└── DeliveryError          a message could not be rendered or sent

Each message is one line that names the subject, the cause and what to do; foreign exceptions are translated
at the door of the module that meets them.
"""


class Error(Exception):
    """Root of all errors raised on purpose; `str(error)` is one line that an operator can act on."""


class ConfigError(Error):
    """The configuration or the command line is wrong; `problems` lists every problem found, one line each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class StoreError(Error):
    """The database cannot be used as it is."""


class SchemaTooNew(StoreError):
    """The database was written by a newer Salname and is refused."""


class Locked(StoreError):
    """Another process held the write lock for longer than the busy timeout."""


class DiskFull(StoreError):
    """A commit failed because no space is left on the device."""


class AlreadyRunning(Error):
    """Another instance holds this database; `pid` is its process id, None when it cannot be read."""

    def __init__(self, message: str, pid: int | None) -> None:
        super().__init__(message)
        self.pid = pid


class FeedError(Error):
    """A feed could not be fetched or read."""


class FetchError(FeedError):
    """The exchange with the server failed or was refused."""


class ParseError(FeedError):
    """The document is no feed, is hostile, or is damaged beyond use."""


class DeliveryError(Error):
    """A message could not be rendered or handed over."""
