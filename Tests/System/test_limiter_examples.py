"""The limiters under examples/, run as an application would run them."""

import importlib.util
import json
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from nuthatch_process import REPOSITORY


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def put_policy(http, name, quota):
    body = json.dumps({"quota": quota, "window": "24h"}).encode()
    assert http.request("PUT", f"/v1/limits/{name}", body, content_type="application/json").status == 201


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello\n"]


def python_limiter():
    spec = importlib.util.spec_from_file_location("limiter", REPOSITORY / "examples/limiter.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Limiter


@pytest.mark.timed
def test_the_python_middleware_passes_the_limit_on(server, http, key):
    put_policy(http, key, 2)
    app = python_limiter()(application, "http://{}:{}".format(*server.address), policy=key)
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{web.server_port}/"
        answers = [fetch(url) for _ in range(3)]
        web.shutdown()
    assert [status for status, _, _ in answers] == [200, 200, 429]
    assert all("RateLimit" in fields for _, fields, _ in answers)
    assert int(answers[2][1]["Retry-After"]) > 0 and answers[0][2] == b"hello\n"


def test_the_python_middleware_lets_in_or_turns_away_when_the_limiter_is_away():
    for is_open, expected in ((True, 200), (False, 503)):
        app = python_limiter()(application, "http://127.0.0.1:9", policy="p", open_when_away=is_open)
        with make_server("127.0.0.1", 0, app, handler_class=Quiet) as web:
            threading.Thread(target=web.serve_forever, daemon=True).start()
            assert fetch(f"http://127.0.0.1:{web.server_port}/")[0] == expected
            web.shutdown()


@pytest.mark.timed
@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js here")
def test_the_javascript_middleware_passes_the_limit_on(server, http, key):
    put_policy(http, key, 2)
    script = f"""
        import http from "node:http";
        import {{ limited }} from "{REPOSITORY}/examples/limiter.mjs";
        const handler = (request, response) => response.end("hello");
        const web = http.createServer(limited("http://{server.address[0]}:{server.address[1]}", "{key}", handler));
        web.listen(0, "127.0.0.1", async () => {{
            for (let turn = 0; turn < 3; turn++) {{
                const answer = await fetch(`http://127.0.0.1:${{web.address().port}}/`);
                console.log(answer.status, answer.headers.has("RateLimit"));
            }}
            process.exit(0);
        }});
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == ["200", "true", "200", "true", "429", "true"]
