"""a version becomes the champion, or does not, and the ledger says why"""
