"""model and test rows → metrics"""
