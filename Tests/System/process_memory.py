"""What a process has in its memory, read as a debugger or a memory dump would."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

REGION = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)")
PAGE = 4096
EMPTY_PAGE = bytes(PAGE)


class MemoryImage:
    """All that a process could have written: its writable memory at one moment, empty pages left out."""

    def __init__(self, pid: int):
        pages = bytearray()
        try:
            with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
                for start, end in writable_regions(pid):
                    append_pages(memory, start, end, pages)
        except PermissionError:
            pytest.skip(f"the memory of another process may not be read here: /proc/{pid}/mem")
        self._bytes = bytes(pages)

    def __contains__(self, wanted: bytes) -> bool:
        return wanted in self._bytes

    def found(self, wanted: Iterable[bytes]) -> list[bytes]:
        return [each for each in wanted if each in self._bytes]

    def around(self, wanted: bytes, margin=160) -> bytes:
        """Where it stands first: tells whose bytes they are."""
        at = self._bytes.index(wanted)
        return self._bytes[max(0, at - margin) : at + len(wanted) + margin]


def writable_regions(pid: int) -> list[tuple[int, int]]:
    found = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        start, end, rights, name = REGION.fullmatch(line).groups()
        if rights.startswith("rw") and name not in ("[vvar]", "[vsyscall]"):
            found.append((int(start, 16), int(end, 16)))
    return found


def append_pages(memory, start: int, end: int, pages: bytearray) -> None:
    step = 1 << 20
    for place in range(start, end, step):
        memory.seek(place)
        try:
            read = memory.read(min(step, end - place))
        except OSError:
            # A guard page, or a region that was given back meanwhile.
            continue
        for offset in range(0, len(read), PAGE):
            if (page := read[offset : offset + PAGE]) != EMPTY_PAGE:
                pages += page
