"""The hook that hatchling calls while it builds a wheel."""

import importlib
import sys
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GraphiQLHook(BuildHookInterface[BuilderConfig]):
    """Adds GraphiQL, so that an installed gateway can show it offline."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Go on without GraphiQL where it is out of reach; stop where it is not the pinned one."""
        # Hatchling loads this file alone, so that its neighbours are not importable yet.
        sys.path.insert(0, self.root)
        build = importlib.import_module("graph.pages.build")
        try:
            build.add_assets()
        except build.UnavailableError as error:
            self.app.display_warning(f"GraphiQL is left out: {error}")
        except build.ChecksumError as error:
            self.app.abort(f"GraphiQL is not the pinned one: {error}")
