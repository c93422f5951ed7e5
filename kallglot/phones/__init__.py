"""Simulated telephones: the far end of every dialect that Kallglot's streams speak.

They are written from the carriers' documentation and not from our plugins, so that the two check
each other.  `phone` alone knows a socket and a clock.
"""
