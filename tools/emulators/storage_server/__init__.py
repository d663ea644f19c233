"""Cloud Storage's JSON and XML API on loopback, on top of the PyPI package gcp-storage-emulator.

The package's state (buckets, object resources, contents, all in memory) and its handlers for buckets, access lists,
IAM, batches and restoring are used as they are. What concerns objects is done here: preconditions, generations, exact
names, resumable sessions, ranges, pages, checksums, faults. Why not the package's own: it answers one request at a
time, knows no precondition, alters names such as "a//b", and writes all metadata anew with each change.
"""
