"""The example `examples/login.py`, run as it is: a cart, logins on many devices, logging out everywhere else."""

import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from json import loads

import pytest

from nuthatch_process import REPOSITORY, clean_environment, running


class Browser:
    def __init__(self, address):
        self.address = address
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def open(self, page, **form):
        body = urllib.parse.urlencode(form).encode() if form else None
        try:
            with self.opener.open(self.address + page, body, timeout=60) as answer:
                return answer.status, loads(answer.read())
        except urllib.error.HTTPError as answer:
            return answer.code, loads(answer.read())

    @property
    def cookie(self):
        jar = next(handler.cookiejar for handler in self.opener.handlers if hasattr(handler, "cookiejar"))
        return next((cookie.value for cookie in jar), None)


@pytest.fixture
def shop():
    with running() as server:
        process = subprocess.Popen(
            [sys.executable, str(REPOSITORY / "examples/login.py"), "0"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=clean_environment({"NUTHATCH": server.url}))  # fmt: skip
        try:
            yield re.search(rb"http://\S+", process.stdout.readline())[0].decode()
        finally:
            process.kill()
            process.wait()


def test_a_cart_survives_the_login_and_others_are_logged_out(shop):
    laptop, phone, thief = Browser(shop), Browser(shop), Browser(shop)
    assert laptop.open("/cart", sku="mug") == (200, {"user": None, "cart": ["mug"]})
    as_guest = laptop.cookie
    assert laptop.open("/login", user="ada", password="tau")[0] == 403
    assert laptop.open("/login", user="ada", password="pi") == (200, {"user": "ada"})
    assert laptop.cookie != as_guest, "the id from before the login still counts"
    assert laptop.open("/cart", sku="pen") == (200, {"user": "ada", "cart": ["mug", "pen"]})
    for browser in (phone, thief):
        assert browser.open("/login", user="ada", password="pi")[0] == 200
    assert len(laptop.open("/devices")[1]) == 3
    assert [device["here"] for device in phone.open("/devices")[1]].count(True) == 1
    assert laptop.open("/logout-elsewhere", really="yes") == (200, {"revoked": 2})
    assert thief.open("/cart") == (200, {"user": None, "cart": []})
    assert phone.open("/devices")[0] == 403
    assert len(laptop.open("/devices")[1]) == 1
    assert laptop.open("/logout", really="yes")[0] == 200
    assert laptop.open("/cart") == (200, {"user": None, "cart": []})


def test_a_sixth_device_logs_the_first_out(shop):
    browsers = [Browser(shop) for _ in range(6)]
    for browser in browsers:
        assert browser.open("/login", user="bob", password="e")[0] == 200
    assert browsers[0].open("/devices")[0] == 403
    assert len(browsers[5].open("/devices")[1]) == 5
