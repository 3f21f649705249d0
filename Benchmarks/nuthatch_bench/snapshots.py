"""Asking a server for a snapshot, and whether it has loaded what it keeps."""

import http.client
import json
import socket

from .server import ServerFailed


class NuthatchSnapshots:
    """`POST /v1/admin/snapshots`: made by threads of the one process, then read again and checked."""

    def __init__(self, server):
        self.server = server
        self.place = None

    def begin(self):
        status, fields, _ = self.ask("POST", "/v1/admin/snapshots")
        if status != 202:
            raise ServerFailed(f"nuthatch made no snapshot: {status}")
        self.place = fields["Location"]

    def is_done(self):
        _, _, body = self.ask("GET", self.place)
        known = json.loads(body)
        if known["state"] == "failed" or known.get("failure"):
            raise ServerFailed(f"nuthatch made no snapshot: {known.get('failure')}")
        return known["state"] == "complete" and known["rehearsed"] and not known["verifying"]

    def is_written(self):
        """The file is there and counts; what may follow is its rehearsal."""
        return json.loads(self.ask("GET", self.place)[2])["state"] == "complete"

    def is_loaded(self):
        try:
            return self.ask("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def copied_bytes(self):
        """Memory that other processes hold meanwhile: there are none."""
        return 0

    def ask(self, method, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            connection.request(method, path, headers={"Accept": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


class RedisSnapshots:
    """`BGSAVE`: made by a child process, whose pages are copied when the parent writes to them."""

    def __init__(self, server):
        self.server = server

    def begin(self):
        said = self.ask("BGSAVE")
        if not said.startswith(b"+Background saving started"):
            raise ServerFailed(f"redis made no snapshot: {said!r}")

    def is_done(self):
        known = self.persistence()
        if known["rdb_bgsave_in_progress"] != "0":
            return False
        if known["rdb_last_bgsave_status"] != "ok":
            raise ServerFailed("redis made no snapshot")
        return True

    is_written = is_done

    def is_loaded(self):
        try:
            return self.ask("PING").startswith(b"+PONG")
        except OSError:
            return False

    def copied_bytes(self):
        known = self.persistence()
        during = int(known.get("current_cow_size", 0))
        return during if known["rdb_bgsave_in_progress"] != "0" else int(known.get("rdb_last_cow_size", 0))

    def persistence(self):
        text = self.ask("INFO persistence").decode()
        return dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)

    def ask(self, command):
        """Answers here are one line, or one bulk string."""
        with socket.create_connection(("127.0.0.1", self.server.port), 20) as connection:
            stream = connection.makefile("rwb")
            stream.write(command.encode() + b"\r\n")
            stream.flush()
            line = stream.readline()
            return stream.read(int(line[1:])) if line.startswith(b"$") else line


def snapshots(server):
    return {"nuthatch": NuthatchSnapshots, "redis": RedisSnapshots}[server.name](server)
