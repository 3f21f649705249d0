"""The rows of the table, in the order they are printed."""

from . import durable, growth, hits, idle, loops, memory, start, throughput

ROWS = {
    "get": throughput.get,
    "put": throughput.put,
    "durable": durable.measure,
    "pipelined": throughput.pipelined,
    "memory": memory.measure,
    "hits": hits.measure,
    "growth": growth.measure,
    "idle": idle.measure,
    "start": start.measure,
    "loops": loops.measure,
}
