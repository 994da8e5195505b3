"""The demo: the gateway, Klarna's sandbox and a small shop, on this machine and forgotten after."""
