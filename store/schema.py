"""Every table there is: importing this module declares them all."""

import store.addresses
import store.applications
import store.errands
import store.events
import store.gateways
import store.line_items
import store.operations
import store.orders
import store.payment_methods
import store.payments
import store.requests
import store.transactions
import store.versions  # noqa: F401  (imported for what they declare)
from store.tables import metadata

__all__ = ["metadata"]
