"""`salname alerts why` and `alerts status`: every silence explained, and whether somebody should look."""

from collections.abc import Iterator
from datetime import UTC, datetime

from monitor.cli import Exit
from monitor.cli.asking import unknown
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.reading import Record

BACKLOG_S = 30 * 60  # a message that waits longer should be looked at


def why(asked: str, place: Place, out: Output) -> Exit:
    """Every stored decision about the changes that `asked` names."""
    from storage.reading import opened

    with opened(place.database_path) as reader:
        found = reader.decisions.about(asked)
        item = None if found else reader.decisions.silence_about(asked)
        if not found and item is None:
            raise unknown(
                "change, event, alert or message", asked, reader.decisions.ids_like(asked), see="salname timeline"
            )
    if out.json:
        out.data({"asked": asked, "changes": found} | ({"item": item} if item else {}))
    elif item:
        from monitor.viewer.reasons import no_change

        out.say(f"item {item['id']}: {out.clean(item['title'] or '(untitled)')}")
        out.say(f"  not told: {no_change(item)}")
    else:
        for number, change in enumerate(found):
            if number:
                out.say("")
            out.lines(_told(change, place, out))
    return Exit.OK


def status(place: Place, out: Output) -> Exit:
    """0 when everything goes out, 1 with the reason when something waits for long or is stopped."""
    from storage.reading import opened

    with opened(place.database_path) as reader:
        found = reader.alerts.health(now=datetime.now(UTC))
    problems = list(_problems(found, out))
    if out.json:
        out.data(found | {"ok": not problems, "problems": problems})
    else:
        out.say(
            f"{found['queued']} to be sent, {found['pending']} in a window, {found['held']} held, "
            f"{found['in_doubt']} in doubt, {found['dead']} given up"
        )
        out.lines(problems)
    return Exit.FAILED if problems else Exit.OK


def _told(change: Record, place: Place, out: Output) -> Iterator[str]:
    from monitor.viewer.phrases import spoken
    from monitor.viewer.reasons import deliveries, importance
    from monitor.viewer.reasons import why as in_words

    yield f"{change['id']}  {change['kind']}  {spoken(change['at'], place.zone)}"
    yield f"  {out.clean(change['summary'] or '')}"
    if change["event"]:
        yield f"  event {change['event']}: {out.clean(change['event_title'] or '')}"
    for one in change["decisions"]:
        way = f"{out.clean(one['route'] or 'no route')} -> {one['channel'] or 'nobody'}"
        yield f"  {way} ({importance(one)}): {in_words(one, place.zone)}"
        for line in deliveries(one, place.zone):
            yield f"    {line}"
    if not change["decisions"]:
        yield "  no decision is stored: they are kept for a year, and imported items have none"


def _problems(found: Record, out: Output) -> Iterator[str]:
    for one in found["stopped"]:
        if one["state"] == "parked":
            reason = out.clean(one["reason"] or "no reason is known")
            yield f"channel {one['channel']} is parked: {reason}; to go on: salname channels resume {one['channel']}"
        else:
            yield f"channel {one['channel']} fails; it is tried again by itself"
    if (found["oldest_s"] or 0) > BACKLOG_S:
        yield f"the oldest message has waited for {found['oldest_s'] // 60} min: salname alerts list --state due"
