"""The configuration: every key, its type and its default, in one place."""

from monitor.config.load import examine, load_config, parse_config
from monitor.config.secrets import read_secret, read_variable
from monitor.config.sections import Config

__all__ = ["Config", "examine", "load_config", "parse_config", "read_secret", "read_variable"]
