"""The page views and the game board under examples/, run as they are."""

import subprocess
import sys

import pytest

from nuthatch_process import REPOSITORY, clean_environment


def run(program, server, name, lines) -> str:
    ended = subprocess.run(
        [sys.executable, str(REPOSITORY / "examples" / program), server.url, name], input="\n".join(lines).encode(),
        capture_output=True, env=clean_environment(), timeout=120)
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout.decode()


@pytest.mark.turns(3600)
def test_page_views_are_counted_by_window_visitor_and_page(server, key):
    lines = [f"visitor{number % 7} /page{min(number % 5, 2)}" for number in range(50)]
    printed = run("page_views.py", server, key, lines)
    assert "views in the last hour: 50\n" in printed and "visitors today: 7\n" in printed
    assert printed.splitlines()[2:5] == ["    30 /page2", "    10 /page0", "    10 /page1"]
    assert printed.splitlines()[-1].endswith(" 50")


@pytest.mark.turns(3600)
def test_a_board_shows_the_week_a_country_and_who_is_around(server, key):
    lines = ["ada GB 900", "bob DE 700", "eve DE 950", "ada GB 800", "kim KR 910", "bob DE 905"]
    printed = run("game_board.py", server, key, lines)
    assert printed.splitlines()[:3] == ["ada is 1 of 1", "bob is 2 of 2", "eve is 1 of 3"]
    week = printed.split("this week\n")[1].split("in DE\n")[0].split()
    assert week[1::4] == ["eve", "kim", "bob", "ada"]
    country = printed.split("in DE\n")[1].split("around bob\n")[0].split()
    assert country[0::4] == ["1", "2"] and country[1::4] == ["eve", "bob"]
    assert printed.split("around bob\n")[1].split()[1::4] == ["eve", "kim", "bob", "ada"]
