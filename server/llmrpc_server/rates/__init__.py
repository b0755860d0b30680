"""How much each caller may ask for: requests and tokens a minute, and calls at the same time.

rule: which limits hold for a call, and whose counter it is.
counters: where they are counted; process and memcached are the two places, and places.py chooses.
rates: takes a call's share before it runs, gives back and corrects after it.
"""
