"""Sigma rules over the lake: read, mapped to streams, turned into SQL, and their correlations found in exact sliding windows.

Plain Python without Django. `pack.read` takes documents to a `Pack`, `run.hunt` a pack and a lake to what its rules find.
"""
