"""What can be done: operations, loaders and the conversation with Klarna.

Whoever asks is known by `identity`, and what is asked for under a key is done once by
`idempotency`. `moving` is what becomes of an order's money, `background` what is done without a
caller, `secrets` how keys are kept, and `klarna` how Klarna is talked to. All else is named by its
subject, as in the other layers.
"""
