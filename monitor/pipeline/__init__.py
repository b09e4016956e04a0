"""The straight line of one poll: read, decide, write.

        fetch -> parse -> topics, words, hashes, analysis        read.py, prepare.py    outside the transaction
BEGIN
        what is known                                            storage
        a verdict for each entry                                 items/identity.py
        rows                                                     record.py
        an event for each new item                               linking.py
        changes                                                  tell.py
        alerts and deliveries                                    alerts/rules.py
        one plan                                                 plan.py
COMMIT

Nothing here decides and stores in one place: a plan is a value, and `salname poll --dry-run` prints it.
"""
