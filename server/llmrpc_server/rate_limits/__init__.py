"""How much each caller may ask for: requests and tokens a minute, and calls at the same time.

limiter: takes a call's share before it runs, and corrects it afterwards.
rule: which limits hold for a call, and whose counters they are.
counters: the protocol of counters; process and memcached have them, and places chooses.
"""
