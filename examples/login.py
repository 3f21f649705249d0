"""A shop with logins whose sessions live in Nuthatch: the standard library and one HTTP call a request.

    NUTHATCH=http://localhost:8379 python3 login.py 8000

    curl -c jar -b jar localhost:8000/cart -d sku=mug                     # a guest has a cart
    curl -c jar -b jar localhost:8000/login -d 'user=ada&password=pi'     # and keeps it when logging in
    curl -c jar -b jar localhost:8000/devices                             # where ada is logged in
    curl -c jar -b jar localhost:8000/logout-elsewhere -d ''              # and no longer is

The browser's cookie is the session's id, which only its holder and this process ever see. Logging in gives the session
a new id (`rotate`), so an id that somebody planted before is worth nothing.
"""

import http.client
import json
import os
import sys
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, quote, urlsplit
from wsgiref.simple_server import make_server

PASSWORDS = {"ada": "pi", "bob": "e"}
NUTHATCH = urlsplit(os.environ.get("NUTHATCH", "http://localhost:8379")).netloc
TOKEN = os.environ.get("NUTHATCH_TOKEN")


def ask(method, target, body=None, session=None, kind="application/json"):
    """One request to Nuthatch: the status, and the JSON it answered with."""
    fields = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}
    if session:
        fields["Nuthatch-Session"] = session
    if body is not None:
        fields["Content-Type"] = kind
    connection = http.client.HTTPConnection(NUTHATCH, timeout=5)
    connection.request(method, target, json.dumps(body) if body is not None else None, fields)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else None


class Visit:
    """One request of a browser, and the session it came with."""

    def __init__(self, environ):
        self.environ = environ
        self.cookie = None
        sent = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        self.id = sent["session"].value if "session" in sent else None
        length = int(environ.get("CONTENT_LENGTH") or 0)
        form = parse_qs(environ["wsgi.input"].read(length).decode())
        self.form = {name: values[0] for name, values in form.items()}
        self.session = self.read()

    def read(self):
        """The session's document; a new one for those who have none, or one that is no more."""
        if self.id:
            status, document = ask("GET", "/v1/sessions/self", session=self.id)
            if status == 200:
                return document
        self.adopt(ask("POST", "/v1/sessions", {"data": {"cart": []}, "idle": "30m", "max": "12h", "meta": self.device()}))
        return ask("GET", "/v1/sessions/self", session=self.id)[1]

    def device(self):
        return {"ip": self.environ.get("REMOTE_ADDR", ""), "ua": self.environ.get("HTTP_USER_AGENT", "")[:200]}

    def adopt(self, answer):
        """Takes the id of an answer over, for this request and the browser's next ones."""
        self.id = answer[1]["id"]
        self.cookie = f"session={self.id}; Path=/; HttpOnly; SameSite=Lax"

    # What a browser can do

    def cart(self):
        if "sku" in self.form:
            # Two tabs may add at once: neither loses what the other added.
            add = [{"op": "add", "path": "/data/cart/-", "value": self.form["sku"]}]
            ask("PATCH", "/v1/sessions/self", add, self.id, "application/json-patch+json")
            self.session = self.read()
        return 200, {"user": self.session["user"], "cart": self.session["data"]["cart"]}

    def login(self):
        user = self.form.get("user", "")
        if PASSWORDS.get(user) is None or PASSWORDS[user] != self.form.get("password"):
            return 403, {"error": "who are you?"}
        # At most five devices: the one longest logged in goes.
        wish = {"user": user, "grace": "5s", "cap": {"max": 5}}
        self.adopt(ask("POST", "/v1/sessions/self/rotate", wish, self.id))
        return 200, {"user": user}

    def devices(self):
        if not self.session["user"]:
            return 403, {"error": "log in first"}
        _, page = ask("GET", f"/v1/users/{quote(self.session['user'], safe='')}/sessions")
        here = self.session["handle"]
        return 200, [
            {"device": item["meta"], "since": item["created_at"], "here": item["handle"] == here}
            for item in page["items"]
        ]

    def logout(self):
        ask("DELETE", "/v1/sessions/self", session=self.id)
        self.cookie = "session=; Path=/; Max-Age=0"
        return 200, {}

    def logout_elsewhere(self):
        if not self.session["user"]:
            return 403, {"error": "log in first"}
        user = quote(self.session["user"], safe="")
        return 200, ask("DELETE", f"/v1/users/{user}/sessions?except=self", session=self.id)[1]


PAGES = {"/cart": "cart", "/login": "login", "/devices": "devices", "/logout": "logout",
         "/logout-elsewhere": "logout_elsewhere"}  # fmt: skip


def shop(environ, start_response):
    visit = Visit(environ)
    page = PAGES.get(environ["PATH_INFO"])
    status, answer = getattr(visit, page)() if page else (404, {"error": "no such page"})
    fields = [("Content-Type", "application/json")]
    if visit.cookie:
        fields.append(("Set-Cookie", visit.cookie))
    start_response(f"{status} {http.client.responses[status]}", fields)
    return [json.dumps(answer).encode() + b"\n"]


if __name__ == "__main__":
    with make_server("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8000, shop) as server:
        print(f"a shop on http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
