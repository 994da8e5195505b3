"""Background: what is done without a caller, on Klarna's reports and by the clock."""
