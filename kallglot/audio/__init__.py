"""PCM in, PCM out: what is done to sound between one wire and another.

Sound in motion is `bytes` of 16-bit native PCM, mono unless a name says otherwise; whole
recordings are numpy arrays of int16.  Nothing here knows a clock, a socket or a call.  PyAV is
imported by `kallglot.audio.files` and nowhere else.
"""
