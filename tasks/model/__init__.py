"""base + head, shaped by a strategy"""
