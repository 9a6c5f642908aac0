"""who made a model, from what: its statement, its signature, and the ledger of what was promoted"""
