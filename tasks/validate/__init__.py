"""rows → checked rows and quarantine"""
