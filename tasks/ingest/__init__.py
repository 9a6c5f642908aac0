"""files and URLs → rows"""
