"""Words that tell what a date is to its sentence, beside those that dates are made of."""

import re

POSSESSIVE = frozenset({"'s", "’s"})
MOVED = {
    "en": re.compile(
        r"\b(?:moved|postponed|delayed|pushed|rescheduled|shifted|slipped|put (?:back|off)|"
        r"brought forward|changed)(?: \w+){0,3}$"
    ),
    "ru": re.compile(r"\b(?:перен[ео]с|отлож|отклады|сдвин|сдвиг)\w*(?: \w+){0,3}$"),
    "az": re.compile(r"təxirə sal|sürüşdür|dəyişdiril"),
}
"""What is put off from one day to another does not last in between."""
EXTENDED = {
    "en": re.compile(r"\bextended(?: \w+){0,3}$"),
    "ru": re.compile(r"\bпродл(?:и[лт]|ен)\w*(?: \w+){0,3}$"),
    "az": re.compile(r"uzadıl|uzadil"),
}
"""Nor does a deadline that is extended from one day to another; but what is extended until a day goes on until then."""
ABLATIVE = re.compile(r"d[aə]n\Z")
"""Azerbaijani words behind which time is counted from something else: imzalanmadan 18 ay sonra, from the signing."""

TO_A_DAY = re.compile(r"^\W*(?:\w+ ){0,3}(?:keçiril|köçürül|çəkil)")
"""Azerbaijani verbs that move a thing behind a day in the dative; behind another they hold it, or draw it."""

LASTING = {
    "ru": re.compile(
        r"\b(?:продлится|продлятся|продл[её]н|длится|длят|действу|работа[ею]т|открыт|закрыт|принимаю|принимае|продолж|"
        r"остан[ею]тся|остается|сохран)"
    ),
    "az": re.compile(
        r"\b(?:davam|aciq|açiq|bağli|qüvvədə|uzadil|qalacaq|sürəcək|çəkəcək|qəbul (?:edilir|olunur|edir|ediləcək))"
    ),
}
"""What goes on until a day, where others are done by it."""
