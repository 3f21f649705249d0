"""The example clients under `examples/`, run as they are."""

import json
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from event_stream import wait_for
from http_client import Client
from nuthatch_process import REPOSITORY, clean_environment, running

EXAMPLES = REPOSITORY / "examples"


def chromium():
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for path in map(shutil.which, names) if path), None)


def subscribers(http, topic) -> int:
    answer = http.request("GET", f"/v1/topics/{topic}")
    return json.loads(answer.body)["subscribers"] if answer.status == 200 else 0


@pytest.mark.parametrize("program, file", [(sys.executable, "events.py"), ("node", "events.mjs")])
def test_a_client_of_twenty_lines_prints_what_is_published(program, file, key):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    lines = [line for line in (EXAMPLES / file).read_text().splitlines() if line.strip()]
    assert len(lines) <= 25
    with running() as server, Client(server.address) as http:
        reader = subprocess.Popen(
            [program, str(EXAMPLES / file), server.url, key], stdout=subprocess.PIPE, env=clean_environment())
        try:
            wait_for(lambda: subscribers(http, key) == 1, within=60)
            http.request("POST", f"/v1/topics/{key}?event=created", "grüße".encode())
            assert reader.stdout.readline().decode().split() == ["created", "grüße"]
        finally:
            reader.kill()
            reader.wait()


def test_the_python_client_resumes_after_its_connection_was_cut(key):
    with running() as server, Client(server.address) as http, Cutter(server.address) as cutter:
        reader = subprocess.Popen(
            [sys.executable, str(EXAMPLES / "events.py"), cutter.url, key], stdout=subprocess.PIPE,
            env=clean_environment())
        try:
            wait_for(lambda: subscribers(http, key) == 1, within=60)
            http.request("POST", f"/v1/topics/{key}", b"one")
            assert reader.stdout.readline().split()[1] == b"one"
            with cutter.apart():
                wait_for(lambda: subscribers(http, key) == 0)
                http.request("POST", f"/v1/topics/{key}", b"two")
            assert reader.stdout.readline().split()[1] == b"two"
        finally:
            reader.kill()
            reader.wait()


class Cutter:
    """Passes connections on to a server, except while it keeps the two apart."""

    def __init__(self, address):
        self._address = address
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs = []
        self._is_apart = False
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        self.cut()

    @contextmanager
    def apart(self):
        self._is_apart = True
        self.cut()
        try:
            yield
        finally:
            self._is_apart = False

    def cut(self):
        for one in self._pairs:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._pairs.clear()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._is_apart:
                client.close()
                continue
            upstream = socket.create_connection(self._address)
            self._pairs += [client, upstream]
            for pair in ((client, upstream), (upstream, client)):
                threading.Thread(target=self._copy, args=pair, daemon=True).start()

    @staticmethod
    def _copy(source, target):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class PageServer(BaseHTTPRequestHandler):
    """The example page, and everything under /v1 from the real server: one origin, as behind a reverse proxy."""

    protocol_version = "HTTP/1.1"
    upstream = None

    def do_GET(self):
        if self.path.startswith("/v1/"):
            return self.forward()
        page = (EXAMPLES / "events.html").read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_POST(self):
        self.forward()

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with socket.create_connection(self.upstream) as upstream:
            head = f"{self.command} {self.path} HTTP/1.1\r\n"
            for name, value in self.headers.items():
                if name.lower() != "connection":
                    head += f"{name}: {value}\r\n"
            upstream.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)
            try:
                while piece := upstream.recv(65536):
                    self.wfile.write(piece)
                    self.wfile.flush()
            except OSError:
                pass
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.mark.slow
def test_the_example_page_shows_events_and_resumes_in_a_browser(tmp_path, key):
    browser = chromium()
    if browser is None:
        pytest.skip("no chromium is installed: scripts/install-missing test could not, or was not asked")
    with running() as server, Client(server.address) as http, Cutter(server.address) as cutter:
        PageServer.upstream = cutter._listener.getsockname()
        pages = ThreadingHTTPServer(("127.0.0.1", 0), PageServer)
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        page = f"http://127.0.0.1:{pages.server_address[1]}/events.html?topic={key}"
        shown = Browser(browser, tmp_path, page)
        try:
            wait_for(lambda: subscribers(http, key) == 1, within=60)
            http.request("POST", f"/v1/topics/{key}", b"first")
            # A page that was given nothing yet has no place to come back to.
            wait_for(lambda: shown.items() == ["first"], within=60)
            with cutter.apart():
                wait_for(lambda: subscribers(http, key) == 0)
                http.request("POST", f"/v1/topics/{key}", b"second")
            wait_for(lambda: subscribers(http, key) == 1, within=60)
            http.request("POST", f"/v1/topics/{key}", b"third")
            wait_for(lambda: shown.items() == ["first", "second", "third"], within=60)
        finally:
            shown.close()
            pages.shutdown()


class Browser:
    """A headless browser that is asked for the items of the page's list over its debugging port."""

    def __init__(self, program, directory, page):
        self._process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             f"--user-data-dir={directory}", "--remote-debugging-port=0", "--remote-allow-origins=*", page],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = directory / "DevToolsActivePort"
        try:
            wait_for(lambda: port_file.exists() and port_file.read_text().count("\n") >= 1, within=60)
        except AssertionError:
            self.close()
            raise
        self._port = int(port_file.read_text().split()[0])
        self._socket = None
        self._number = 0

    def items(self):
        """The texts of the page's list."""
        value = self._evaluate("JSON.stringify([...document.querySelectorAll('#list li')].map(li => li.textContent))")
        return json.loads(value) if value else []

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _evaluate(self, expression):
        if self._socket is None:
            self._socket = self._open()
        self._number += 1
        call = {"id": self._number, "method": "Runtime.evaluate", "params": {"expression": expression}}
        self._send(json.dumps(call).encode())
        while True:
            answer = json.loads(self._receive())
            if answer.get("id") == self._number:
                return answer["result"]["result"].get("value")

    def _open(self):
        import urllib.request

        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/json") as listed:
            target = next(page for page in json.load(listed) if page["type"] == "page")
        path = target["webSocketDebuggerUrl"].split(f":{self._port}", 1)[1]
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        assert b" 101 " in head, head
        return connection

    def _send(self, payload):
        """One masked text frame (RFC 6455); the mask is zero."""
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else bytes([0xFE]) + length.to_bytes(2, "big")
        self._socket.sendall(b"\x81" + size + bytes(4) + payload)

    def _receive(self):
        head = self._exactly(2)
        length = head[1] & 0x7F
        if length == 126:
            length = int.from_bytes(self._exactly(2), "big")
        elif length == 127:
            length = int.from_bytes(self._exactly(8), "big")
        return self._exactly(length)

    def _exactly(self, count):
        got = b""
        while len(got) < count:
            got += self._socket.recv(count - len(got))
        return got
