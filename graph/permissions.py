"""Who may see and do what, beyond what the scope of a caller's token decides."""

from resolvers.callers import CallerKind

EVERYONE = frozenset(CallerKind)
INTEGRATIONS = frozenset({CallerKind.integration})
