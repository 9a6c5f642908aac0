"""the servers of `finetrace up`, and what they start"""
