"""Books on this machine's disk, on their way into the database.

backlog: enters those of this process; journals: where they wait; kept: their way in.
journal, folder: the files, and those of processes that died.
"""
