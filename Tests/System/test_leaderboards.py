"""Leaderboards: many clients at once lose no score, and see rankings that hold together."""

import json
import random
import uuid

import pytest

from http_client import Client
from test_keys_races import together

LINES = "application/x-ndjson"


@pytest.fixture
def board():
    return f"/v1/leaderboards/b-{uuid.uuid4().hex}"


def define(http, board: str, **settings) -> None:
    body = json.dumps(settings).encode()
    assert http.request("PUT", board, body, content_type="application/json").status == 201


def submit(client, board: str, member: str, **body) -> dict:
    answer = client.request(
        "POST", f"{board}/members/{member}", json.dumps(body).encode(), content_type="application/json"
    )
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def get(client, target: str) -> dict:
    answer = client.request("GET", target)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


@pytest.mark.turns(86_400)
def test_no_submission_is_lost_among_many_clients(server, http, board):
    define(http, board, update="sum", windows=["all", "day", "rolling:7d"], groups=["side"])

    def play(number):
        with Client(server.address) as client:
            for turn in range(100):
                submit(client, board, f"m{turn % 20}", score=1, groups={"side": f"s{turn % 2}"})

    together(8, play)
    for query in ["", "?window=day", "?window=rolling:7d"]:
        rows = get(http, f"{board}/ranking{query}")["items"]
        assert [row["score"] for row in rows] == [40] * 20
        assert all(row["rank"] == 1 and row["percentile"] == 0 for row in rows)
    assert get(http, f"{board}/ranking?group=side:s1")["of"] == 10


def test_rankings_hold_together_while_members_move(server, http, board):
    define(http, board, update="last", dense=True)
    seed = random.randrange(1 << 32)

    def play(number):
        chance = random.Random(seed + number)
        with Client(server.address) as client:
            for _ in range(150):
                if number % 2:
                    submit(client, board, f"m{chance.randrange(50)}", score=chance.randrange(-30, 30))
                    continue
                page = get(client, f"{board}/ranking?limit=1000&rank=dense")
                rows = page["items"]
                assert page["of"] == len(rows), f"seed {seed}"
                scores = [row["score"] for row in rows]
                assert scores == sorted(scores, reverse=True), f"seed {seed}"
                assert [row["position"] for row in rows] == list(range(1, len(rows) + 1)), f"seed {seed}"
                ranks = {score: rank for rank, score in enumerate(sorted(set(scores), reverse=True), 1)}
                assert [row["rank"] for row in rows] == [ranks[score] for score in scores], f"seed {seed}"

    together(8, play)


def test_each_score_counts_for_one_season_while_seasons_close(server, http, board):
    define(http, board, update="sum", keep_seasons=100)

    def play(number):
        with Client(server.address) as client:
            for turn in range(60):
                if number == 0 and turn % 6 == 0:
                    assert client.request("POST", f"{board}/close").status == 201
                else:
                    submit(client, board, f"m{number}", score=1)

    together(6, play)
    total = 0
    for season in get(http, f"{board}/seasons")["items"]:
        rows = get(http, f"{board}/seasons/{season['season']}/ranking")["items"]
        total += sum(row["score"] for row in rows)
    assert total == 6 * 60 - 10


def test_a_cursor_goes_through_a_board_that_others_change(server, http, board):
    define(http, board)
    lines = "\n".join(json.dumps({"member": f"still-{n}", "score": n * 10}) for n in range(500))
    assert http.request("POST", f"{board}/batch", lines.encode(), content_type=LINES).status == 200

    def play(number):
        with Client(server.address) as client:
            if number:
                for turn in range(200):
                    submit(client, board, f"mover-{number}-{turn % 7}", score=turn * 29)
                return []
            seen = []
            cursor = ""
            while cursor is not None:
                page = get(client, f"{board}/ranking?limit=20{cursor and '&cursor=' + cursor}")
                seen += [row["member"] for row in page["items"]]
                cursor = page["next"]
            return seen

    seen = [member for member in together(4, play)[0] if member.startswith("still-")]
    assert seen == [f"still-{n}" for n in reversed(range(500))]


def test_boards_and_members_are_counted(server, http, board):
    define(http, board)
    before = figure(http, "nuthatch_leaderboard_members")
    submit(http, board, "a", score=1)
    submit(http, board, "b", score=1)
    assert figure(http, "nuthatch_leaderboard_members") == before + 2
    boards = figure(http, "nuthatch_leaderboards")
    assert http.request("DELETE", board).status == 204
    assert figure(http, "nuthatch_leaderboards") == boards - 1
    assert figure(http, "nuthatch_leaderboard_members") == before


def figure(http, name: str) -> int:
    text = http.request("GET", "/metrics").body.decode()
    return int(next(line for line in text.splitlines() if line.startswith(name + " ")).split()[1])
