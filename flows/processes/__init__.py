"""the processes that do the work, and who holds a workspace"""
