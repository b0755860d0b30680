"""Questions to the ledger.

query: sums, calls and budgets; messages: the same as the API tells them; savings: what need not have been paid.
"""
