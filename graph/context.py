"""What every GraphQL resolver is given."""

import strawberry

from resolvers.context import Context

Info = strawberry.Info[Context, None]
"""GraphQL's own information, with this gateway's context inside."""
