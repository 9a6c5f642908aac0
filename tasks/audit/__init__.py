"""what is recorded of a version ↔ the bytes that are there today"""
