"""Delivery: claim, send, settle.

    outbox rows -> Gate (may it go?) -> render -> claim -> Channel.send -> settle -> Reports
                   breaker, ceiling,    frozen    COMMIT   the network    COMMIT     a person
                   pace

Rule: two short transactions around the network call. Nothing is sent unless it was claimed, and nothing claimed is ever
forgotten: a crash in between leaves a delivery that the next run finds in doubt.
"""

from alerts.deliver.deliverer import Deliverer as Deliverer
from alerts.deliver.heartbeat import Heartbeat as Heartbeat
from alerts.deliver.outlet import Describe as Describe
from alerts.deliver.outlet import Drained as Drained
from alerts.deliver.outlet import OnTrouble as OnTrouble
from alerts.deliver.outlet import Outlet as Outlet
from alerts.deliver.outlet import Trouble as Trouble
