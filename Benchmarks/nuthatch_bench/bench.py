"""What a row is given, and what it gives back."""

import contextlib
import dataclasses
import pathlib
import sys

from .load import Load, LoadFailed
from .machine import Cores
from .server import ServerFailed
from .servers import Memcached, Nginx, Nuthatch, Redis


@dataclasses.dataclass
class Bench:
    """Everything a row needs to measure."""

    directory: pathlib.Path
    cores: Cores
    load: Load
    rounds: int
    quick: bool
    traces: pathlib.Path
    failures: list = dataclasses.field(default_factory=list)

    def available(self, *kinds):
        """Those of the server classes that are installed, Nuthatch first."""
        return [kind for kind in kinds if kind.path()]

    def size(self, full, quick):
        return quick if self.quick else full

    def say(self, text):
        print(f"  {text}", file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def guarded(self, what):
        """One server that fails must not take the others' figures along."""
        try:
            yield
        except (ServerFailed, LoadFailed) as failure:
            self.failures.append(f"{what}: {failure}")
            self.say(f"FAILED {what}: {failure}")


@dataclasses.dataclass
class Line:
    """One line of the final table. `cells` holds a text per server, `data` the raw figures."""

    what: str
    unit: str
    cells: dict
    goal: str = ""
    met: bool | None = None
    data: dict = dataclasses.field(default_factory=dict)
    row: str = ""


ALL = (Nuthatch, Nginx, Redis, Memcached)
CACHES = (Nuthatch, Redis, Memcached)
