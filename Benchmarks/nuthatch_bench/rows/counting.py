"""Server CPU per request where something is counted: an increment, and a question to a rate limit, beside a GET."""

import contextlib
import hashlib
import http.client
import json
import socket
import urllib.request

from ..bench import Line
from ..load import cpu, median
from ..server import ServerFailed
from ..servers import Nuthatch, Redis
from .throughput import CONNECTIONS, KEYS, VALUE, compare, rotated, summary, tail

TOPICS = 1000

# A thousand requests an hour for each id, by the usual token bucket: what flowed in since the last question, up to the
# burst, less one.
SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(state[1]) or 1000
tokens = math.min(1000, tokens + (now - (tonumber(state[2]) or now)) / 3600)
local allowed = tokens >= 1
if allowed then tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], 3600000)
return allowed and 1 or 0
"""


def increment(bench):
    runs = measured(bench, ["--count", "/v1/counters/"], [])
    cells = {name: f"{median(figures, cpu):.2f}" for name, figures in runs.items()}
    return [Line("increment a counter (Redis: INCR), 50 connections", "µs CPU a request", cells,
                 "beside Redis" + tail(compare(runs, "nuthatch", "redis", cpu)), None, summary(runs))]


def check(bench):
    digest = hashlib.sha1(SCRIPT.encode()).hexdigest()
    runs = measured(bench, ["--count", "/v1/limits/api/"], ["--script", digest], gets=True)
    cells = {name: f"{median(figures, cpu):.2f}" for name, figures in runs.items() if name != "get"}
    ratio = compare(runs, "nuthatch", "get", cpu)
    return [Line("ask a rate limit (Redis: token bucket in Lua), 50 connections", "µs CPU a request", cells,
                 "≤ 1.15 × GET of a key" + tail(ratio), ratio and ratio <= 1.15, summary(runs))]


def publish(bench):
    """Events to topics that nobody reads and that keep nothing, beside values of the same size."""
    requests = bench.size(400_000, 60_000)
    load = ["--value-size", VALUE, "--keys", TOPICS, "--connections", CONNECTIONS, "--requests", requests,
            "--warm-up", requests // 20]
    runs = {}
    with Nuthatch(bench.directory, bench.cores.server) as server, bench.guarded("publish"):
        declare_topics(server)
        for turn in range(bench.rounds):
            for name, options in rotated([("nuthatch", ["--post", "/v1/topics/"]), ("put", [])], turn):
                figures = bench.load.run(server, "--load", "put", *load, *options, "--seed", turn + 1)
                runs.setdefault(name, []).append(figures)
                bench.say(f"round {turn + 1} {name}: {cpu(figures):.2f} µs CPU a request")
    ratio = compare(runs, "nuthatch", "put", cpu)
    return [Line("publish 64 B to a topic without readers", "µs CPU a request",
                 {"nuthatch": f"{median(runs['nuthatch'], cpu):.2f}"} if runs else {},
                 "≤ 1.1 × PUT" + tail(ratio), ratio and ratio <= 1.1, summary(runs))]


def declare_topics(server):
    """Topics that keep nothing, not even for a moment, under the names that the load publishes to."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for number in range(TOPICS):
        connection.request("PUT", f"/v1/topics/key:{number:010}", json.dumps({"history": {"count": 0}}),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 201, 204):
            raise ServerFailed(f"a topic could not be declared: {answer.status}")
    connection.close()


def measured(bench, counting, scripting, gets=False):
    """All servers run at once on the same core and take turns, so that noise hits them alike; `gets` measures a GET of
    a key in each turn too."""
    requests = bench.size(400_000, 60_000)
    keys = ["--value-size", VALUE, "--keys", KEYS]
    runs = {}

    def run(server, name, operation, *options):
        with bench.guarded(f"{operation} {name}"):
            figures = bench.load.run(
                server, "--load", operation, *keys, *options, "--connections", CONNECTIONS, "--requests", requests,
                "--warm-up", requests // 20, "--seed", turn + 1)
            runs.setdefault(name, []).append(figures)
            bench.say(f"round {turn + 1} {name}: {cpu(figures):.2f} µs CPU a request")

    with contextlib.ExitStack() as stack:
        servers = []
        for kind in bench.available(Nuthatch, Redis):
            with bench.guarded(f"starting {kind.name}"):
                server = stack.enter_context(kind(bench.directory, bench.cores.server))
                prepare(server)
                options = counting if kind is Nuthatch else [*counting, *scripting]
                bench.load.run(server, "--load", "fill", *keys, *options, "--pipeline", 16)
                if gets and kind is Nuthatch:
                    bench.load.run(server, "--load", "fill", *keys, "--pipeline", 16)
                servers.append((server, options))
        for turn in range(bench.rounds):
            for server, options in rotated(servers, turn):
                run(server, server.name, "put", *options)
                if gets and isinstance(server, Nuthatch):
                    run(server, "get", "get")
    return runs


def prepare(server):
    if isinstance(server, Redis):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(f"*3\r\n$6\r\nSCRIPT\r\n$4\r\nLOAD\r\n${len(SCRIPT)}\r\n{SCRIPT}\r\n".encode())
            assert connection.recv(200).startswith(b"$40")
        return
    policy = json.dumps({"quota": 1000, "window": "1h"}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/v1/limits/api", method="PUT", data=policy,
        headers={"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()
