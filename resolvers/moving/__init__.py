"""Moving an order's money once Klarna guarantees it: taken, given up, given back, and its books."""
