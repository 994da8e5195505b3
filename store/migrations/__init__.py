"""How the schema came to be: one file a change, none ever edited."""
