"""Prices, invoices, payments and refunds."""

from __future__ import annotations

from typing import Final

from kallglot.speech.training.phrases import Pattern, agent, customer, either

__all__ = ["PATTERNS"]

PATTERNS: Final[tuple[Pattern, ...]] = (
    agent("Das kostet {amount} Euro im Monat.", "That costs {amount} euros a month."),
    agent("{item.start} kostet {amount} Euro.", "The {item} costs {amount} euros."),
    agent("{device.start} kostet nur {amount} Euro.", "The {device} only costs {amount} euros."),
    agent("Sie bekommen {amount} Euro zurück.", "You will get {amount} euros back."),
    agent("Der Rabatt beträgt {amount} Prozent.", "The discount is {amount} percent."),
    agent(
        "Die Gebühr von {amount} Euro entfällt.",
        "The fee of {amount} euros no longer applies.",
    ),
    agent("Wie möchten Sie bezahlen?", "How would you like to pay?"),
    agent("Bitte bezahlen Sie {method}.", "Please pay {method}."),
    agent(
        "Wir haben Ihre Zahlung {past} erhalten.",
        "We received your payment {past}.",
    ),
    agent(
        "Die Zahlung ist am {ordinal} {month} fällig.",
        "The payment is due on the {ordinal} of {month}.",
    ),
    agent("Es sind noch {amount} Euro offen.", "There are still {amount} euros outstanding."),
    agent(
        "Das Geld kommt in {count} Tagen auf Ihr Konto.",
        "The money will reach your account in {count} days.",
    ),
    agent("Ich kann Ihnen {amount} Euro gutschreiben.", "I can credit you {amount} euros."),
    agent("Da haben wir einen Fehler gemacht.", "We made a mistake there."),
    either("Das ist ein gutes Angebot.", "That is a good offer."),
    either("Der Preis ist um {amount} Euro gestiegen.", "The price has gone up by {amount} euros."),
    customer("Was kostet {item.nom}?", "How much does the {item} cost?"),
    customer("Wie viel kostet ein Anruf nach {city}?", "How much is a call to {city}?"),
    customer(
        "Die Rechnung vom {month} ist zu hoch.",
        "The invoice for {month} is too high.",
    ),
    customer("Ich habe {amount} Euro zu viel bezahlt.", "I have paid {amount} euros too much."),
    customer("Ich habe {past} {method} bezahlt.", "I paid {method} {past}."),
    customer("Kann ich {method} bezahlen?", "Can I pay {method}?"),
    customer("Ich möchte mein Geld zurück.", "I would like my money back."),
    customer(
        "Warum wurden {amount} Euro abgebucht?",
        "Why were {amount} euros taken from my account?",
    ),
    customer("Wann bekomme ich mein Geld zurück?", "When will I get my money back?"),
    customer("Gibt es einen Rabatt für Studenten?", "Is there a discount for students?"),
    customer("Das ist mir viel zu teuer.", "That is far too expensive for me."),
    customer(
        "Ich brauche eine Quittung über {amount} Euro.", "I need a receipt for {amount} euros."
    ),
    customer("Ich kann erst im {month} bezahlen.", "I cannot pay until {month}."),
)
