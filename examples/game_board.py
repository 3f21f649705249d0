"""A game's board by week, with friends around oneself: python3 game_board.py http://localhost:8379 arena

Reads "PLAYER COUNTRY SCORE" lines from standard input, and shows the board as the last of the players sees it.
"""
import json, sys, urllib.parse, urllib.request

SETTINGS = {"update": "best", "windows": ["all", "week"], "groups": ["country"]}


def call(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or "null")


class Board:
    def __init__(self, server, name):
        self.url = f"{server}/v1/leaderboards/{urllib.parse.quote(name, safe='')}"
        call("PUT", self.url, SETTINGS)

    def submit(self, player, country, score):
        body = {"score": score, "groups": {"country": country}, "meta": {"flag": country}}
        return call("POST", f"{self.url}/members/{urllib.parse.quote(player, safe='')}", body)

    def top(self, **fields):
        return call("GET", f"{self.url}/ranking?{urllib.parse.urlencode(fields)}")["items"]

    def around(self, player, count=2):
        return call("GET", f"{self.url}/members/{urllib.parse.quote(player, safe='')}?around={count}")["neighbours"]


def show(title, rows):
    print(title)
    for row in rows:
        print(f"{row['rank']:4} {row['member']:12} {row['score']:8} {row['meta']['flag']}")


def main(server, name):
    board, player, country = Board(server, name), "", ""
    for line in sys.stdin:
        player, country, score = line.split()
        standing = board.submit(player, country, int(score))
        if standing["changed"]:
            print(f"{player} is {standing['rank']} of {standing['of']}")
    show("this week", board.top(window="week", limit=10))
    show(f"in {country}", board.top(group=f"country:{country}", limit=3))
    show(f"around {player}", board.around(player))


if __name__ == "__main__":
    main(*sys.argv[1:])
