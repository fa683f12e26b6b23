"""Change sets: changes of many articles that are looked at first, run in the background, and can be taken back.

    making.create(...)     a set of some kind, with its items
    running.step()         the next short piece of work of whatever is to be done, in one transaction
    worker.work()          steps, until nothing is left; `run_change_sets` is its command
    reverting.revert(...)  the set that takes another one back

What a kind does is in a module of its own; `kinds.KINDS` knows them all.
"""
