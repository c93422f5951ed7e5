"""What the media path of this machine carries: `scripts/bench`.

    bench ──api──> media process (core 0) <──pipe──> ear process (core 1)
      │               ▲  │
      └─plan─> load ──┘  │          telephones in a process of their own, which stamp what they
               generator <┘         say with the time and look at the stamps of what they hear

Both people of a call speak the same language, so what one says goes in over one leg, through both
participants and voice activity, and out over the other.  No model recognises, translates or
speaks.  Nothing leaves this machine, and everything ends by itself.

What understands and speaks is measured by two commands of it.  `scripts/bench speech` holds calls
with the models of the settings: telephones speak known sentences to a real server, and what was
heard at the other end is compared with what should have been, word for word and second for second.
`scripts/bench engines` times models of true shapes with random weights, and works out how many
calls they would carry.
"""
