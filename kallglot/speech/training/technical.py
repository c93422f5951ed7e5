"""Devices that fail and lines that are down."""

from __future__ import annotations

from typing import Final

from kallglot.speech.training.phrases import Pattern, agent, customer, either

__all__ = ["PATTERNS"]

PATTERNS: Final[tuple[Pattern, ...]] = (
    agent("Bitte versuchen Sie, {device.acc} zu reparieren.", "Please try to repair the {device}."),
    agent(
        "Können Sie {device.acc} bitte {device_action}?",
        "Can you please {device_action} the {device}?",
    ),
    agent(
        "Sie müssen {device.acc} einmal {device_action}.",
        "You have to {device_action} the {device} once.",
    ),
    agent("Leuchtet die Lampe {colour}?", "Is the light {colour}?"),
    agent("Drücken Sie bitte den Knopf auf der Rückseite.", "Please press the button on the back."),
    agent("Drücken Sie die {colour}e Taste.", "Press the {colour} key."),
    agent("Ziehen Sie bitte den Stecker.", "Please pull out the plug."),
    agent("Warten Sie bitte {count} Minuten.", "Please wait {count} minutes."),
    agent("Haben Sie das Kabel geprüft?", "Have you checked the cable?"),
    agent("Welche Meldung sehen Sie?", "Which message do you see?"),
    agent("Wie alt ist {device.your}?", "How old is your {device}?"),
    agent("Seit wann besteht das Problem?", "How long have you had the problem?"),
    agent("In {city} gibt es gerade eine Störung.", "There is an outage in {city} at the moment."),
    agent(
        "Die Störung ist in {count} Stunden behoben.", "The outage will be fixed in {count} hours."
    ),
    agent(
        "Wir tauschen {device.your_acc} kostenlos aus.", "We will replace your {device} for free."
    ),
    agent("Ich schicke Ihnen {future} einen Techniker.", "I will send you a technician {future}."),
    agent("Ich starte {device.acc} von hier aus neu.", "I am restarting the {device} from here."),
    agent("Ist {device.nom} eingeschaltet?", "Is the {device} switched on?"),
    either("Jetzt funktioniert alles wieder.", "Everything is working again now."),
    either("{device.start} {device_trouble}.", "The {device} {device_trouble}."),
    customer(
        "Seit {day} funktioniert {device.my} nicht mehr.",
        "My {device} has not worked since {day}.",
    ),
    customer("Die Lampe blinkt {colour}.", "The light is flashing {colour}."),
    customer("Ich sehe die Fehlermeldung {digits}.", "I see error message {digits}."),
    customer(
        "Das Internet ist seit {count} Stunden weg.",
        "The internet has been down for {count} hours.",
    ),
    customer(
        "Wie kann ich {device.acc} {device_action}?", "How can I {device_action} the {device}?"
    ),
    customer("Ich habe {device.acc} schon geprüft.", "I have already checked the {device}."),
    customer("Kann man {device.acc} noch reparieren?", "Can the {device} still be repaired?"),
    customer("Ich habe noch Garantie auf {device.my_acc}.", "My {device} is still under warranty."),
    customer("Ich habe {device.acc} erst {past} gekauft.", "I only bought the {device} {past}."),
    customer(
        "Bei meinen Nachbarn gibt es dasselbe Problem.", "My neighbours have the same problem."
    ),
    customer("Die Anleitung verstehe ich nicht.", "I do not understand the instructions."),
    customer("Die Reparatur hat nicht geholfen.", "The repair did not help."),
    customer("Der Bildschirm bleibt {colour}.", "The screen stays {colour}."),
)
