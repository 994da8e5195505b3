"""Documents that nobody wrote, asked of a gateway that runs."""
