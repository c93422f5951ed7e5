"""Who is alive during a call.

    Switchboard
    ├── Archive, Announcer                      restarted; their state is in the store
    └── Session                                 never restarted: it ends, and says why
        ├── Leg …                               never restarted: a lost leg opens the window
        ├── Participant …                       outlive their legs
        ├── Translator …                        restarted; meanwhile utterances wait
        └── Recorder, Transcript                restarted; asked to finish at the end

    PostOffice
    └── Courier                                 delivers webhooks; restarted, and costs no call

The path of a voice:

    carrier ~frame~> Leg ──heard──> Participant ──utterance──> Translator
                                         │                        ├──> Transcript ──> Archive
                                         └──> Recorder            │                      │
    carrier <~frame~ Leg <──play── Participant (the listener) <───┘        Announcer <───┘

Tell sideways and up, ask only down or from outside: then nobody waits in a circle.
"""
