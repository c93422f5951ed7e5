"""Orders, parcels, returns."""

from __future__ import annotations

from typing import Final

from kallglot.speech.training.phrases import Pattern, agent, customer, either

__all__ = ["PATTERNS"]

PATTERNS: Final[tuple[Pattern, ...]] = (
    agent("Wir haben {item.acc} {past} verschickt.", "We sent the {item} {past}."),
    agent("{item.start} kommt am {day}.", "The {item} will arrive on {day}."),
    agent("{item.start} liegt {place}.", "The {item} is {place}."),
    agent(
        "Der Fahrer kommt {span}.",
        "The driver will come {span}.",
    ),
    agent("Was möchten Sie bestellen?", "What would you like to order?"),
    agent("Welche Farbe möchten Sie?", "Which colour would you like?"),
    agent(
        "{item.start} ist nur in {colour.oblique} verfügbar.",
        "The {item} is only available in {colour}.",
    ),
    agent("Wir liefern auch nach {city}.", "We also deliver to {city}."),
    agent("Die Lieferung dauert {count} {period}.", "The delivery takes {count} {period}."),
    agent("Wir schicken Ihnen {item.new_acc}.", "We will send you a new {item}."),
    agent("Haben Sie {item.acc} schon bekommen?", "Have you already received the {item}?"),
    agent("War jemand zu Hause?", "Was anybody at home?"),
    agent(
        "Bitte schicken Sie {item.acc} nach {city} zurück.",
        "Please send the {item} back to {city}.",
    ),
    agent("Der Versand ist kostenlos.", "Shipping is free of charge."),
    either(
        "Die Bestellung ist vom {ordinal} {month}.",
        "The order dates from the {ordinal} of {month}.",
    ),
    either("{item.start} {item_trouble}.", "The {item} {item_trouble}."),
    customer("Wo ist {item.my}?", "Where is my {item}?"),
    customer("Wann kommt {item.my}?", "When will my {item} arrive?"),
    customer("Ich möchte {item.acc} {item_action}.", "I would like to {item_action} the {item}."),
    customer(
        "Kann ich {item.acc} in {city} {item_action}?", "Can I {item_action} the {item} in {city}?"
    ),
    customer(
        "Ich habe {item.acc} in {colour.oblique} bestellt.", "I ordered the {item} in {colour}."
    ),
    customer(
        "Ich warte seit {count} Tagen auf {item.my_acc}.",
        "I have been waiting {count} days for my {item}.",
    ),
    customer("Bitte stellen Sie {item.acc} {place} ab.", "Please leave the {item} {place}."),
    customer(
        "{person.my_start} hat {item.acc} angenommen.",
        "My {person} accepted the {item}.",
    ),
    customer("Niemand hat bei mir geklingelt.", "Nobody rang my doorbell."),
    customer("Ich bin {future} nicht zu Hause.", "I will not be at home {future}."),
    customer("Die Sendungsnummer ist {digits}.", "The tracking number is {digits}."),
    customer(
        "Haben Sie {item.acc} auch in {colour.oblique}?",
        "Do you have the {item} in {colour} as well?",
    ),
    customer("Ich brauche {count} Stück davon.", "I need {count} of them."),
)
