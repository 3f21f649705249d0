"""The rows of the table, in the order they are printed."""

from . import boards, counting, durable, events, growth, hits, idle, loops, memory, sessions, start, throughput

ROWS = {
    "get": throughput.get,
    "put": throughput.put,
    "durable": durable.measure,
    "pipelined": throughput.pipelined,
    "increment": counting.increment,
    "check": counting.check,
    "publish": counting.publish,
    "submit": boards.submit,
    "rank": boards.rank,
    "session": sessions.read,
    "patch": sessions.patch,
    "memory": memory.measure,
    "hits": hits.measure,
    "growth": growth.measure,
    "idle": idle.measure,
    "start": start.measure,
    "loops": loops.measure,
    "events": events.measure,
}
