"""a version → its model card, from evidence alone"""
