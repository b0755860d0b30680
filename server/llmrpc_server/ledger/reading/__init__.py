"""Questions to the ledger.

query: sums, calls and budgets; messages: the same in the API's words; savings: what need not have been paid.
"""
