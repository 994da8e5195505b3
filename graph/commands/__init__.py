"""What the command line does, one command a file; `graph/__main__.py` names them."""
