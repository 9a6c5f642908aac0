"""a registered version → what still holds of everything that was said of it, byte by byte and witness by witness"""
