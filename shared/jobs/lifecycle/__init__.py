"""The life of a job: the only place that writes a status.

Each verb is one guarded statement: it names the status from which it may start, and, for a
worker's verbs, the lease under which it may write. No row back means that this move does not
apply now: somebody else was first, or the worker was given up for dead. The same statement appends
the event.

A running job is either with a worker, on lease, or *parked*: at a provider, with no worker, to be
asked for when it is due.
"""

from shared.jobs.lifecycle.advancing import park_again, renew
from shared.jobs.lifecycle.ending import abort, fail, succeed
from shared.jobs.lifecycle.rescuing import is_lost, lost_leases, rescue
from shared.jobs.lifecycle.resting import defer, park, release, retry, ring
from shared.jobs.lifecycle.taking import (
    claim,
    is_claimable,
    is_to_be_asked,
    look,
    read_held,
    resume,
)
from shared.jobs.lifecycle.wishing import can_be_canceled, cancel, cancel_many, expire

__all__ = [
    "abort",
    "can_be_canceled",
    "cancel",
    "cancel_many",
    "claim",
    "defer",
    "expire",
    "fail",
    "is_claimable",
    "is_lost",
    "is_to_be_asked",
    "look",
    "lost_leases",
    "park",
    "park_again",
    "read_held",
    "release",
    "renew",
    "rescue",
    "resume",
    "retry",
    "ring",
    "succeed",
]
