"""Days, times, visits and calls back."""

from __future__ import annotations

from typing import Final

from kallglot.speech.training.phrases import Pattern, agent, customer, either

__all__ = ["PATTERNS"]

PATTERNS: Final[tuple[Pattern, ...]] = (
    agent("Der Termin ist am {day} {time}.", "The appointment is on {day} {time}."),
    agent("Passt Ihnen {day} {time}?", "Does {day} {time} suit you?"),
    agent("Wir kommen am {day}{part}.", "We will come on {day} {part}."),
    agent(
        "Der Techniker kommt am {day}{part} nach {city}.",
        "The technician will come to {city} on {day} {part}.",
    ),
    agent(
        "Der nächste freie Termin ist am {ordinal} {month}.",
        "The next free appointment is on the {ordinal} of {month}.",
    ),
    agent(
        "Unser Büro in {city} ist am {day} geschlossen.", "Our office in {city} is closed on {day}."
    ),
    agent("Wir haben bis {hour} Uhr geöffnet.", "We are open until {hour} o'clock."),
    agent("Wann sind Sie erreichbar?", "When can we reach you?"),
    agent("Wir rufen Sie {future} zurück.", "We will call you back {future}."),
    agent("{titled} meldet sich {future} bei Ihnen.", "{titled} will contact you {future}."),
    agent("{titled} ist heute nicht im Haus.", "{titled} is not in today."),
    agent("{titled} ist gerade im Gespräch.", "{titled} is on another call right now."),
    agent("Ich trage Sie für {day} {time} ein.", "I will put you down for {day} {time}."),
    agent("Bitte kommen Sie {count} Minuten früher.", "Please come {count} minutes early."),
    agent("Ihr Termin wurde auf {day} verschoben.", "Your appointment was moved to {day}."),
    either("Können wir uns am {day}{part} treffen?", "Can we meet on {day} {part}?"),
    either(
        "Am {ordinal} {month} ist ein Feiertag.", "The {ordinal} of {month} is a public holiday."
    ),
    either("{day} passt mir gut.", "{day} suits me well."),
    either("Das dauert ungefähr {count} {period}.", "That takes about {count} {period}."),
    customer(
        "Ich hätte gern einen Termin im {month}.",
        "I would like an appointment in {month}.",
    ),
    customer(
        "Ich möchte meinen Termin am {day} absagen.",
        "I would like to cancel my appointment on {day}.",
    ),
    customer(
        "Können wir den Termin auf {day}{part} verschieben?",
        "Can we move the appointment to {day} {part}?",
    ),
    customer("Am {day} kann ich leider nicht.", "Unfortunately, I cannot make it on {day}."),
    customer("Ich bin nur {time} erreichbar.", "I can only be reached {time}."),
    customer("Bitte rufen Sie mich am {day} {time} an.", "Please call me on {day} {time}."),
    customer("Bitte rufen Sie mich unter {digits} zurück.", "Please call me back on {digits}."),
    customer("Ich komme {count} Minuten später.", "I will be {count} minutes late."),
    customer("Wie lange muss ich warten?", "How long do I have to wait?"),
    customer("Ab wann haben Sie geöffnet?", "From what time are you open?"),
    customer(
        "{person.my_start} kann den Techniker hereinlassen.",
        "My {person} can let the technician in.",
    ),
)
