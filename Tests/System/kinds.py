"""The kinds of entries beside keys, as a test of durability sees them: how to fill one, what it then shows, and what
may never be lost of it while clients write."""

import json
from itertools import product

JSON = "application/json"
# Members that say how far away a moment is: they change while nobody changes anything.
PASSING = {"ttl_ms", "reset_ms", "retry_after_ms", "blocked_ms"}
# Places name the run of the server, and another one begins where numbers may have been lost.
PLACES = {"id", "first", "last", "next"}


def scrubbed(value):
    if isinstance(value, dict):
        return {name: scrubbed(member) for name, member in value.items() if name not in PASSING | PLACES}
    return [scrubbed(item) for item in value] if isinstance(value, list) else value


def send(client, method, target, body=None):
    if body is None:
        return client.request(method, target)
    return client.request(method, target, json.dumps(body).encode(), content_type=JSON)


class World:
    """One kind. `targets` is everything it shows that was asked to be compared."""

    targets: tuple = ()

    def picture(self, client) -> dict:
        """What all targets show now; equal pictures are equal states."""
        shown = {}
        for target in self.targets:
            answer = client.request("GET", target)
            body = json.loads(answer.body) if answer.body.startswith((b"{", b"[")) else answer.body
            shown[target] = (answer.status, answer["ETag"], scrubbed(body))
        return shown


class Counters(World):
    names = [f"c{number}" for number in range(8)]
    # All twenty buckets of five minutes: one alone is empty as soon as the clock turns to the next.
    views = ["", "?window=100m", "/settings", "/uniques?window=3h", "/top?window=1h", "/series?step=1h"]
    targets = tuple(f"/v1/counters/{name}{view}" for name, view in product(names, views))
    gone = "/v1/counters/gone"

    def fill(self, client, choices):
        for _ in range(60):
            name = choices.choice(self.names)
            query = "windows=5m*20,1h*40,total&tz=Europe/Berlin"
            if name in self.names[:4]:
                query += f"&unique=u{choices.randrange(300)}&item=i{choices.randrange(20)}"
            answer = client.request("POST", f"/v1/counters/{name}?by={choices.randrange(1, 9)}&{query}")
            assert answer.status == 200, answer
        lines = [{"name": name, "by": 1} for name in choices.sample(self.names, 5)]
        body = b"\n".join(json.dumps(line).encode() for line in lines)
        batch = client.request("POST", "/v1/counters:batch?atomic=true", body, content_type="application/x-ndjson")
        assert batch.status == 200, batch
        client.request("POST", f"/v1/counters/{choices.choice(self.names)}/reset")
        client.request("POST", f"{self.gone}?unique=a&item=b&ttl=1h")
        client.request("DELETE", self.gone)

    def strike(self, client):
        return client.request("POST", "/v1/counters/struck").status == 200

    def struck(self, client) -> int:
        return json.loads(client.request("GET", "/v1/counters/struck?default=0").body)["value"]


class Limits(World):
    policies = {
        "gcra": {"quota": 50, "window": "24h"},
        "sliding": {"algorithm": "sliding", "quota": 50, "window": "24h"},
        "fixed": {"algorithm": "fixed", "quota": 50, "window": "24h"},
        "calendar": {"algorithm": "calendar", "quota": 50, "per": "month"},
        "log": {"algorithm": "log", "quota": 50, "window": "24h"},
        "concurrency": {"algorithm": "concurrency", "quota": 50, "lease": "1h"},
    }
    ids = ["ada", "bob", "vip-1"]
    targets = tuple(
        [f"/v1/limits/{policy}{view}" for policy, view in product(policies, ["", "?list=overrides", "?list=blocked"])]
        + [f"/v1/limits/{policy}/{name}" for policy, name in product(policies, ids)]
    )

    def fill(self, client, choices):
        for name, settings in self.policies.items():
            assert send(client, "PUT", f"/v1/limits/{name}", settings).status in (201, 204)
        for _ in range(60):
            policy, name = choices.choice(list(self.policies)), choices.choice(self.ids)
            reserve = "&reserve=1h" if policy != "concurrency" and choices.random() < 0.3 else ""
            cost = 1 if policy == "concurrency" else choices.randrange(1, 4)
            answer = client.request("POST", f"/v1/limits/{policy}/{name}?cost={cost}{reserve}")
            assert answer.status in (200, 429), answer
            known = json.loads(answer.body)
            if "reservation" in known and choices.random() < 0.5:
                client.request("POST", f"/v1/limits:refund?reservation={known['reservation']}")
            if "lease" in known and choices.random() < 0.5:
                client.request("DELETE", f"/v1/limits/{policy}/{name}/leases/{known['lease']}")
        pair = [{"policy": "fixed", "id": "ada"}, {"policy": "log", "id": "bob"}]
        assert send(client, "POST", "/v1/limits:check", pair).status in (200, 429)
        client.request("POST", f"/v1/limits/gcra/{choices.choice(self.ids)}/block?for=1h")
        client.request("PUT", "/v1/limits/fixed/vip-%2A/override?match=glob&quota=70")
        client.request("PUT", f"/v1/limits/log/{choices.choice(self.ids)}/override?quota=60")

    def strike(self, client):
        return client.request("POST", "/v1/limits/p/struck?algorithm=fixed&quota=1000000&window=24h").status == 200

    def struck(self, client) -> int:
        answer = client.request("POST", "/v1/limits/p/struck?algorithm=fixed&quota=1000000&window=24h&cost=0")
        return 1_000_000 - json.loads(answer.body)["remaining"]


class Leaderboards(World):
    boards = {
        "best": {"windows": ["all", "day", "rolling:7d"], "groups": ["side"], "keep_seasons": 3},
        "sum": {"update": "sum", "dense": True, "keep_seasons": 2},
        "columns": {"columns": ["desc", "asc"], "update": "last"},
    }
    views = [
        "", "/ranking", "/ranking?limit=1000&group=side:a", "/ranking?window=day", "/stats", "/seasons", "/members/m1",
        "/seasons/1/ranking", "/seasons/2/ranking",
    ]  # fmt: skip
    targets = tuple(f"/v1/leaderboards/{board}{view}" for board, view in product([*boards, "gone"], views))

    def fill(self, client, choices):
        for name, settings in self.boards.items():
            assert send(client, "PUT", f"/v1/leaderboards/{name}", settings).status in (201, 204)
        for _ in range(60):
            board = choices.choice(list(self.boards))
            body = {"score": choices.randrange(-99, 99)}
            if board == "columns":
                body = {"score": [choices.randrange(9), choices.randrange(9)]}
            if board == "best":
                body |= {"groups": {"side": choices.choice("ab")}, "meta": {"n": choices.randrange(9)}}
            answer = send(client, "POST", f"/v1/leaderboards/{board}/members/m{choices.randrange(20)}", body)
            assert answer.status == 200, answer
        client.request("DELETE", f"/v1/leaderboards/best/members/m{choices.randrange(20)}")
        if choices.random() < 0.7:
            client.request("POST", "/v1/leaderboards/sum/close")
        send(client, "PUT", "/v1/leaderboards/gone", {})
        send(client, "POST", "/v1/leaderboards/gone/members/m1", {"score": 1})
        if choices.random() < 0.7:
            client.request("DELETE", "/v1/leaderboards/gone")

    def strike(self, client):
        send(client, "PUT", "/v1/leaderboards/struck", {"update": "sum"})
        return send(client, "POST", "/v1/leaderboards/struck/members/me", {"score": 1}).status == 200

    def struck(self, client) -> int:
        answer = client.request("GET", "/v1/leaderboards/struck/members/me")
        return json.loads(answer.body)["score"] if answer.status == 200 else 0


class Topics(World):
    names = {"small": {"count": 5}, "plain": {}, "short": {"bytes": 2000}}
    lasts = ["last-1", "last-2", "small"]
    # What is remembered of topics that nobody declared is for a minute, and not for another run.
    targets = tuple(
        [f"/v1/topics/{name}" for name in names]
        + [f"/v1/topics/{name}/history" for name in names]
        + [f"/v1/topics/{name}/last" for name in [*lasts, "gone"]]
    )

    def fill(self, client, choices):
        for name, history in self.names.items():
            assert send(client, "PUT", f"/v1/topics/{name}", {"history": history}).status in (201, 204)
        for _ in range(40):
            name = choices.choice([*self.names, "live"])
            body = b"x" * choices.randrange(1, 300)
            answer = client.request(
                "POST", f"/v1/topics/{name}?event=e{choices.randrange(3)}&key=k{choices.randrange(3)}", body)
            assert answer.status == 200, answer
        for name in self.lasts:
            value = b"last %d" % choices.randrange(1 << 30)
            assert client.request("POST", f"/v1/topics/{name}?retain=true", value).status == 200
        client.request("POST", "/v1/topics/gone?retain=true", b"x")
        if choices.random() < 0.7:
            client.request("DELETE", "/v1/topics/gone")

    def strike(self, client):
        send(client, "PUT", "/v1/topics/struck", {"history": {"count": 1_000_000, "bytes": 1 << 30}})
        return client.request("POST", "/v1/topics/struck", b"strike").status == 200

    def struck(self, client) -> int:
        answer = client.request("GET", "/v1/topics/struck")
        return json.loads(answer.body)["events"] if answer.status == 200 else 0


class Sessions(World):
    users = ["ada", "bob", "eve"]
    targets = tuple(
        [f"/v1/users/{user}/sessions?data=true&limit=1000" for user in users]
        + [f"/v1/sessions?where=team:{team}&limit=1000" for team in "ab"]
    )

    def __init__(self):
        self.ids = {}

    def fill(self, client, choices):
        for _ in range(12):
            body = {"user": choices.choice(self.users), "data": {"n": choices.randrange(99)}, "idle": "2h"}
            body["index"] = {"team": choices.choice("abc")}
            if choices.random() < 0.3:
                body["cap"] = {"max": 5}
            self.ids[send(client, "POST", "/v1/sessions", body).json()["id"]] = None
        for name in choices.sample(list(self.ids), 12):
            self.change(client, name, choices)
        if choices.random() < 0.2:
            client.request("DELETE", f"/v1/users/{choices.choice(self.users)}/sessions")

    def change(self, client, name, choices):
        way = choices.randrange(5)
        if way == 0:
            client.request("DELETE", "/v1/sessions/self", nuthatch_session=name)
        elif way == 1:
            body = json.dumps({"user": choices.choice(self.users), "grace": "1h"}).encode()
            answer = client.request(
                "POST", "/v1/sessions/self/rotate", body, nuthatch_session=name, content_type=JSON)
            if answer.status == 201:
                self.ids[answer.json()["id"]] = None
        else:
            patch = {"data": {choices.choice("xyz"): choices.randrange(9)}, "index": {"team": choices.choice("abc")}}
            client.request(
                "PATCH", "/v1/sessions/self", json.dumps(patch).encode(), nuthatch_session=name,
                content_type="application/merge-patch+json")  # fmt: skip

    def picture(self, client) -> dict:
        """Lists, and what every id ever given out leads to, ends included."""
        shown = super().picture(client)
        for name in self.ids:
            answer = client.request("GET", "/v1/sessions/self?touch=false", nuthatch_session=name)
            shown[name] = (answer.status, answer["ETag"], scrubbed(answer.json()))
        return shown

    def strike(self, client):
        return send(client, "POST", "/v1/sessions", {"user": "struck"}).status == 201

    def struck(self, client) -> int:
        count, cursor = 0, ""
        while cursor is not None:
            page = client.request("GET", f"/v1/users/struck/sessions?limit=1000{cursor}").json()
            count += len(page["items"])
            cursor = f"&cursor={page['next']}" if page["next"] else None
        return count


WORLDS = [Counters, Limits, Leaderboards, Sessions, Topics]
