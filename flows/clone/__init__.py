"""retraining in a clean clone"""
