"""Runs many `aws` commands from one process, because each start of `aws` takes a second.

Reads one JSON object per line from standard input, {"cwd": "/…", "args": ["s3", "sync", …]}, and prints one line for
each, {"code": …, "stdout": "…", "stderr": "…"}, in the same order.

The first command runs in this process, which loads all modules; every other command runs in a fork, because a driver
collects event handlers with each command and becomes slower.
"""

import gc
import io
import json
import os
import sys

from awscli.clidriver import create_clidriver


class Captured(io.TextIOWrapper):
    """Keeps the output as UTF-8; the tool writes both text and bytes."""

    def __init__(self):
        super().__init__(io.BytesIO(), encoding="utf-8", errors="surrogateescape", write_through=True)

    def text(self):
        self.flush()
        return self.buffer.getvalue().decode("utf-8", "replace")


def run(driver, cwd, args):
    os.chdir(cwd)
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = captured = Captured(), Captured()
    try:
        code = driver.main(args)
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else 255
    finally:
        sys.stdout, sys.stderr = streams
    return {"code": code, "stdout": captured[0].text(), "stderr": captured[1].text()}


def run_and_print(driver, line):
    command = json.loads(line)
    print(json.dumps(run(driver, command["cwd"], command["args"])), flush=True)


def main():
    driver = create_clidriver()
    warm = False
    # Without reading ahead: a fork must not hold input that its parent still has to read.
    for line in iter(sys.stdin.readline, ""):
        if not warm:
            run_and_print(driver, line)
            warm = True
            # The garbage collector would write to memory that the forks share.
            gc.disable()
            gc.freeze()
            continue
        child = os.fork()
        if child == 0:
            code = 1
            try:
                run_and_print(driver, line)
                code = 0
            finally:
                os._exit(code)
        if os.waitpid(child, 0)[1] != 0:
            sys.exit(f"A command could not be run: {line}")


main()
