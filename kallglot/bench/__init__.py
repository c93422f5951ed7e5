"""What the media path of this machine carries: `scripts/bench`.

    bench ──api──> media process (core 0) <──pipe──> ear process (core 1)
      │               ▲  │
      └─plan─> load ──┘  │          telephones in a process of their own, which stamp what they
               generator <┘         say with the time and look at the stamps of what they hear

Both people of a call speak the same language, so what one says goes in over one leg, through both
participants and voice activity, and out over the other.  No model recognises, translates or
speaks.  Nothing leaves this machine, and everything ends by itself.
"""
