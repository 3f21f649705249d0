"""Nuthatch and its peers, each with the settings that make it comparable."""

import os
import pathlib
import re
import shutil
import time

from .server import START_TIMEOUT, Server, ServerFailed


class Nginx(Server):
    """Answers every request with a fixed 200 of 64 bytes: what HTTP costs without a cache."""

    name = "nginx"
    program = "nginx"

    def __init__(self, directory, cores, workers=1):
        super().__init__(directory, cores)
        self.workers = workers

    def command(self):
        config = self.directory / f"nginx-{self.port}.conf"
        config.write_text(f"""
worker_processes {self.workers};
daemon off;
pid {self.directory}/nginx-{self.port}.pid;
error_log {self.directory}/nginx-{self.port}.err;
events {{ worker_connections 12000; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {self.directory}/body;
    proxy_temp_path {self.directory}/proxy;
    fastcgi_temp_path {self.directory}/fastcgi;
    uwsgi_temp_path {self.directory}/uwsgi;
    scgi_temp_path {self.directory}/scgi;
    server {{
        listen 127.0.0.1:{self.port};
        location / {{ default_type application/octet-stream; return 200 "{'n' * 64}"; }}
    }}
}}
""")
        return [self.path(), "-p", str(self.directory), "-c", str(config)]

    def target(self):
        return ["--url", f"http://127.0.0.1:{self.port}"]


class Nchan(Server):
    """nginx with the nchan module: publish/subscribe over server-sent events."""

    name = "nchan"
    program = "nginx"
    module = pathlib.Path("/usr/lib/nginx/modules/ngx_nchan_module.so")

    @classmethod
    def path(cls):
        return super().path() if cls.module.exists() else None

    def command(self):
        config = self.directory / f"nchan-{self.port}.conf"
        config.write_text(f"""
load_module {self.module};
worker_processes 1;
daemon off;
pid {self.directory}/nchan-{self.port}.pid;
error_log {self.directory}/nchan-{self.port}.err;
events {{ worker_connections 12000; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {self.directory}/body;
    proxy_temp_path {self.directory}/proxy;
    fastcgi_temp_path {self.directory}/fastcgi;
    uwsgi_temp_path {self.directory}/uwsgi;
    scgi_temp_path {self.directory}/scgi;
    server {{
        listen 127.0.0.1:{self.port};
        location = /publish {{ nchan_publisher; nchan_channel_id bench; }}
        location = /subscribe {{ nchan_subscriber eventsource; nchan_channel_id bench; }}
    }}
}}
""")
        return [self.path(), "-p", str(self.directory), "-c", str(config)]

    def target(self):
        return ["--url", f"http://127.0.0.1:{self.port}"]

    def paths(self):
        """Where nuthatch-replay publishes and subscribes."""
        return ["--publish-path", "/publish", "--subscribe-path", "/subscribe"]


class Redis(Server):
    """Redis, without persistence unless `fsync` is a policy of its append-only file."""

    name = "redis"
    program = "redis-server"

    def __init__(self, directory, cores, max_memory=None, policy="allkeys-lru", fsync=None):
        super().__init__(directory, cores)
        self.max_memory = max_memory
        self.policy = policy
        self.fsync = fsync

    def command(self):
        config = self.directory / f"redis-{self.port}.conf"
        lines = [
            "bind 127.0.0.1", f"port {self.port}", "daemonize no", 'save ""', f"dir {self.directory}",
            "maxclients 12000", "loglevel warning", f"dbfilename dump-{self.port}.rdb",
        ]
        if self.fsync:
            # Without rewriting, which would fall into one round and not into another.
            lines += ["appendonly yes", f"appendfsync {self.fsync}", f"appenddirname aof-{self.port}",
                      "auto-aof-rewrite-percentage 0"]
        else:
            lines += ["appendonly no"]
        if self.max_memory:
            lines += [f"maxmemory {self.max_memory}", f"maxmemory-policy {self.policy}"]
        config.write_text("\n".join(lines) + "\n")
        return [self.path(), str(config)]

    def forget(self):
        """Removes what it kept."""
        shutil.rmtree(self.directory / f"aof-{self.port}", ignore_errors=True)
        (self.directory / f"dump-{self.port}.rdb").unlink(missing_ok=True)

    def target(self):
        return ["--resp", f"127.0.0.1:{self.port}"]


class Memcached(Server):
    """memcached, room for everything."""

    name = "memcached"
    program = "memcached"

    def __init__(self, directory, cores, threads=1):
        super().__init__(directory, cores)
        self.threads = threads

    def command(self):
        command = [self.path(), "-l", "127.0.0.1", "-p", str(self.port), "-U", "0", "-t", str(self.threads),
                   "-m", "8192", "-c", "12000"]
        return command + (["-u", "root"] if os.geteuid() == 0 else [])

    def target(self):
        return ["--memcached", f"127.0.0.1:{self.port}"]


class Nuthatch(Server):
    """The server this is about. `binary` and `extra` are set once, from the command line."""

    name = "nuthatch"
    binary = None
    extra = []

    def __init__(self, directory, cores, loops=1, max_memory=None, policy=None, port=0, fsync=None,
                 client_ids=False, more=()):
        super().__init__(directory, cores)
        self.more = list(more)
        self.data = self.directory / f"data-{fsync}-{id(self)}"
        self.fsync = fsync
        self.client_ids = client_ids
        self.loops = loops
        self.max_memory = max_memory
        self.policy = policy
        self.wanted_port = port

    @classmethod
    def path(cls):
        return str(cls.binary) if cls.binary and os.access(cls.binary, os.X_OK) else None

    def command(self):
        command = [self.path(), "serve", "--host", "127.0.0.1", "--port", str(self.wanted_port),
                   "--loops", str(self.loops), "--max-connections-per-address", "100000",
                   "--first-byte-timeout", "60s"]
        if self.max_memory:
            command += ["--max-memory", str(self.max_memory)]
        if self.policy:
            command += ["--eviction", self.policy]
        if self.fsync:
            command += ["--data-dir", str(self.data), "--fsync", self.fsync]
        if self.client_ids:
            command.append("--session-client-ids")
        return command + self.more + self.extra

    def forget(self):
        """Removes what it kept."""
        shutil.rmtree(self.data, ignore_errors=True)

    def wait_until_listening(self):
        """It picks a free port and says which."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            said = re.search(r"listening on http://127\.0\.0\.1:(\d+)", self.log.read_text(errors="replace"))
            if said:
                self.port = int(said.group(1))
                return
            self.check_alive()
            time.sleep(0.01)
        raise ServerFailed(f"nuthatch did not say where it listens within {START_TIMEOUT:.0f} s: {self.last_words()}")

    def paths(self):
        """Where nuthatch-replay publishes and subscribes."""
        return ["--publish-path", "/v1/topics/bench", "--subscribe-path", "/v1/events?topic=bench&envelope=none"]

    def target(self):
        return ["--url", f"http://127.0.0.1:{self.port}"]
