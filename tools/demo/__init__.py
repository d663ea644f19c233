"""The main job on real input: files to a bucket and back, documents into tables, and a network that fails meanwhile."""
