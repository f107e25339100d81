"""Runs many `aws` commands from one process, since starting it takes a second.

Reads one JSON object a line from standard input, {"cwd": "/…", "args": ["s3", "sync", …]}, and answers each by one
line, {"code": …, "stdout": "…", "stderr": "…"}, in the same order.

The first command is run in this process, which loads everything; each other one in a fork of it, because a driver
gathers event handlers with each command and gets slower and slower.
"""

import gc
import io
import json
import os
import sys

from awscli.clidriver import create_clidriver


class Captured(io.TextIOWrapper):
    """What is written is kept as UTF-8; the tool writes both text and bytes."""

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


def run_and_tell(driver, line):
    wanted = json.loads(line)
    print(json.dumps(run(driver, wanted["cwd"], wanted["args"])), flush=True)


def main():
    driver = create_clidriver()
    warm = False
    # Line by line without reading ahead: a fork must not have what its parent still has to read.
    for line in iter(sys.stdin.readline, ""):
        if not warm:
            run_and_tell(driver, line)
            warm = True
            # What forks share stays shared only as long as nobody counts it over.
            gc.disable()
            gc.freeze()
            continue
        child = os.fork()
        if child == 0:
            code = 1
            try:
                run_and_tell(driver, line)
                code = 0
            finally:
                os._exit(code)
        if os.waitpid(child, 0)[1] != 0:
            sys.exit(f"A command could not be run: {line}")


main()
