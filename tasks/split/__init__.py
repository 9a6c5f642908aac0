"""checked rows → train, val, test"""
