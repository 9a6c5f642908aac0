"""pages and tables that are written from the code"""
