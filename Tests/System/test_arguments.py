"""What stands on the command line counts, whatever was loaded before the program."""

import shutil
import subprocess

import pytest

from nuthatch_process import run_nuthatch

SETS_A_VARIABLE = """
#include <stdlib.h>
__attribute__((constructor)) static void begin(void) { setenv("A_NEW_VARIABLE", "1", 1); }
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A library that is loaded before the program and adds to its environment, as some of monitors and clocks do."""
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler for the library that sets a variable")
    made = tmp_path_factory.mktemp("library") / "sets_a_variable.so"
    command = [compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", made]
    subprocess.run(command, input=SETS_A_VARIABLE.encode(), check=True, timeout=300)
    return made


def test_arguments_are_read_beside_a_library_that_adds_to_the_environment(library):
    told = run_nuthatch("--version", env={"LD_PRELOAD": str(library)}, within=20)
    assert told.stdout == run_nuthatch("--version").stdout


def test_data_is_kept_beside_a_library_that_adds_to_the_environment(library, data):
    data.start(prefix=["env", f"LD_PRELOAD={library}"])
    assert data.files("MANIFEST"), "the server does not know of its data directory"
