"""One call's attempts, and what its caller sees where one breaks off.

attempt: one by itself; patience: how long it may take; meter: what it uses and costs.
candidates, backoff: who is asked next, and when; rescue, continuation: a stream that goes on at another target.
"""
