"""train → augmented train"""
