"""What stands in one transaction of the ledger.

commit: books and holds of many calls, with the budgets that they count against; counted: what these have of them.
lost: calls whose process was taken for dead; singly: what becomes of a book that spoils the transaction of others.
"""
