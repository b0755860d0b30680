"""Books on this machine's disk, on their way into the database.

backlog: those of this process; kept: their way in.
journal, folder: the files, and those of processes that died.
"""
