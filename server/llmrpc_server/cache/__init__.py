"""Where answers are kept, and how they are found again.

policy, key, scopes: how a call may use the cache, which calls are identical, what can be invalidated together.
answers, entry, frame: stored answers, and how they lie in a store; generations: which of them still hold.
single_flight, making: identical calls share one run, which makes the answer.
store, memory, memcached, node, batched_gets, sockets: what keeps bytes under a key for a time.

No store ever raises because it is down: what it cannot read counts as not there, and it says so.
"""
