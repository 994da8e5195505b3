"""Klarna's Payments and Order Management, emulated: deterministic, in-process or over HTTP."""
