"""The self-test that runs inside TouchDesigner. `in_td_build` joins these files into the one file `tox/selftest.py`.

Joined, every name is at the top level of one module. So the files import one another with `from in_td.NAME import ...`
only, no name stands in two of them, and none of them imports anything but the standard library and TouchDesigner.
"""
