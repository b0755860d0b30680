"""Where answers are kept, and how they are found again.

A store keeps bytes under a key for a time: memory.py, memcached.py. Nothing of a store ever raises because a store is
down: what it cannot tell counts as not there, and it says so.
"""
