"""numbers → pages that work offline"""
