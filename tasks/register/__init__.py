"""model and metrics → a version in the registry"""
